"""The loader for other people's pages, and our pages inside their frames."""
