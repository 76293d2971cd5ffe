"""Trust in identifications and counts: doubts, outliers, blind re-reading, estimates."""
