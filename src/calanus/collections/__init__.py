"""Collections: projects put together to be published, with who is to be thanked and how."""
