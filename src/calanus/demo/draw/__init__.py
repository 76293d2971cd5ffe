"""Vignettes drawn by our own code: no image of anybody else is in the demo."""
