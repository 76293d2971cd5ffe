"""Uploads, user folders, and the vault of images."""
