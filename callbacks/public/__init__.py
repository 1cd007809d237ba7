"""Serve what visitors see: the form and the status page, alone or inside another site's page.

`form` shows the form and takes requests. `status` shows the status of one request. `embed` serves
the loader, and the same pages in frames. `http` holds what all of them share. This part imports the
domain parts, and the admin reuses a few of its pages.

- `home`: serve the root of the site, which belongs to the operator alone.
- `hooks`: receive what the call service reports after a call.
- `urls`: the addresses of these pages.
"""
