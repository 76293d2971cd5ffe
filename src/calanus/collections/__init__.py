"""Projects put together to be published (not built yet)."""
