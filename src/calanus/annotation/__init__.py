"""Identifying: classify, validate, doubt, undo, history, counts."""
