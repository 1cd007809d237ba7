"""The page that shows how each part of the site is doing."""
