"""Learning again while people sort, in projects where somebody chose it."""
