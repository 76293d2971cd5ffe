"""Benchmarks anyone can run: speed, learning."""
