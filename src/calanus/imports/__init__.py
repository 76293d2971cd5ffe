"""TSV and images in."""
