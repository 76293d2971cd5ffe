"""Naming many look-alikes at once (not built yet)."""
