"""Statistics of each hour, added up in advance so that no page reads a million rows.

This part promises figures that are updated every minute and can always be computed again from the
requests.

- `hourly.by_hour`, `hourly.by_widget` and `hourly.total` read them, for staff pages.
- `counting.keep_up` updates them; housekeeping calls it.
- `totals.current` returns the counts for `/metrics`, which only grow; `totals.keep_up` keeps them
  cheap.
- `counting.rebuild` computes them again, for `manage.py count_figures`.

Staff pages, `/metrics`, housekeeping, workers and commands import it.
"""
