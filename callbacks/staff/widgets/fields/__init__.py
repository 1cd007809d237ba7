"""The additional fields of a widget: their list on the widget's page, and a page for each.

- `field_form`: the form of one additional field of a widget.
- `field_list`: the list of additional fields on the page of a widget, and the addresses of their
  pages.
- `field_views`: the pages that add, change and remove an additional field of a widget, or ask it
  again.
"""
