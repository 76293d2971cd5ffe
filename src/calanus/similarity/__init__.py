"""The nearest objects to this one."""
