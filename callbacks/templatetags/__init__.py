"""Tags and filters of the templates.

- `embed`: template tags for pages in a frame.
- `moments`: days and times as all pages of the admin show them.
"""
