"""The page that shows how each part of the site is doing.

- `health_page`: the page that shows how each part of the site is doing, and which version runs.
- `parts`: look at each part of the site, and say in a sentence how it is doing and what to do.
"""
