"""What touches all rows of a project: emptying, deleting, checking."""
