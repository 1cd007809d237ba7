"""Statistics of each hour, added up in advance so that no page reads a million rows.

This part promises figures that are updated every minute and can always be computed again from the
requests.

- `hourly.by_hour`, `hourly.by_widget` and `hourly.total` read them, for staff pages.
- `counting.keep_up` updates them; housekeeping calls it.
- `counting.rebuild` computes them again, for `manage.py count_figures`.

Staff pages, housekeeping and commands import it.
"""
