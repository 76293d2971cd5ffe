"""Naming many look-alikes at once."""
