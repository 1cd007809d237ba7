"""Serve the loader for other sites' pages, and our own pages inside their frames.

- `frame`: serve the public pages in a frame on another site's page, under `/embed/…`.
- `scripts`: serve the scripts of the embed, which `callbacks.widgets.loader` builds, to every site.
- `urls`: the addresses of these pages.
"""
