"""Projects: settings, members and their rights, names of free columns."""
