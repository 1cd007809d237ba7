"""Serve the loader for other sites' pages, and our own pages inside their frames."""
