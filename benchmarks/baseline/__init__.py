"""The baselines: what a measurement of the site is compared with.

- `engine_settings`: settings of the engine alone: Huey with the site's consumer settings and no
  code of the site.
- `no_urls`: a site without addresses.
- `tasks`: give the engine alone its only task: one POST as large as a startcall, on a new
  connection.
- `urls`: the address of its one view.
- `views`: serve the baseline for the form's view.
- `web_settings`: settings of the site, with views that do the least possible.
"""
