"""The topics of a widget: their list on the widget's page, and a page for each.

- `topic_form`: the form of one topic of a widget.
- `topic_list`: the list of topics on the page of a widget, and the addresses of their pages.
- `topic_views`: the pages that add, change and remove a topic of a widget.
"""
