"""The nearest objects to this one (not built yet)."""
