"""Samples, acquisitions, processes, objects and images; filters; the grid's queries."""
