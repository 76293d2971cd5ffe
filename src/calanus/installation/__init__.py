"""This installation as a whole: what it offers, how it is, and questions to its database."""
