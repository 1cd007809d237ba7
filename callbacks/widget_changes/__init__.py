"""Save a widget whose settings were changed, with all that follows from them.

- `widget_store` saves the widget, its open periods and the times of its daily summaries, and
  records the change in the audit log. It is the only way to save a change of the hours.
- `hours_changes` says which settings of the hours changed, as a fact of the audit log.

Staff pages and commands import it.
"""
