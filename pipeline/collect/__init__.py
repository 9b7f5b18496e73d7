"""Collecting: the polite client, feeds, and the archive of what was fetched."""
