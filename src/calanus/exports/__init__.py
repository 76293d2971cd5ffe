"""TSV and images out."""
