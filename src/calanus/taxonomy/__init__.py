"""The tree of taxa, its names and its search."""
