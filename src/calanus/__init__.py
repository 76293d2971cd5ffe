"""Calanus: from millions of plankton images to identified organisms."""

__version__ = "0.1.0"
