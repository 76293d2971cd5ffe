"""Measures and deep features of images: extractors, computing, storing."""
