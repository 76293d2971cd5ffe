"""The projects of a collection: the one place where exports ask the room of collections."""

from calanus.collections.service import projects_of

__all__ = ["projects_of"]
