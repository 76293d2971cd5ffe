"""A project of plankton drawn by our own code, for newcomers."""
