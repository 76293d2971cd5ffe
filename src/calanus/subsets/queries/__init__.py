"""The SQL that touches all, or many, of a project's rows."""
