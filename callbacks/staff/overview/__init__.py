"""The first page of the admin: what needs attention, and the statistics.

- `alert_views`: dismiss an alert on the overview.
- `cells`: the cells of the tables of statistics.
- `charts`: compute the geometry of the charts, which the templates draw as SVG.
- `dashboard`: the statistics of the overview: today and the last 30 days, with links to the lists.
- `first_steps`: the checklist of a new site: what is still to be done until visitors can be called.
- `outcomes`: the outcomes that the call service reported, as lines of the overview's first table.
- `sources`: where the visitors of the last 30 days asked from: requests by campaign, by page and by
  topic.
- `todo_counts`: the numbers at the top of the overview: what waits for a person.
- `warnings`: what needs a person now, in sentences: the first thing on the overview.
"""
