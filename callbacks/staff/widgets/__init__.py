"""The widgets in the admin: their form, its preview, the lines to paste, and their tools.

- `labelled_form`: what the form of an additional field and that of a topic share.
- `locked_widget`: lock a widget whose fields or topics are changed, and find one of them.
- `origin_check`: check whether a page may show the widget, and allow its site.
- `paused_filter`: the filter of the list of widgets by whether they are paused now.
- `preview`: show a widget's form as visitors will see it, before it is saved.
- `recipient_form`: the form that adds a recipient of emails to the team.
- `recipients_page`: the page of a widget's recipients of team emails: see them, add one, remove
  one.
- `snippet_list`: the lines of HTML that show a widget on a page.
- `tabs`: the tabs of a widget's form, one of which is shown at a time.
- `text_inline`: the texts of a widget, in its form: one block for each language.
- `tool_page`: render the page of a tool of a widget: what it will do, and the button that does it.
- `widget_admin`: the widgets, in the admin: the list, and the form with its tabs.
- `widget_columns`: what the list of widgets and the page of one show that is no field of the table.
- `widget_form`: the form of a widget.
- `widget_links`: the addresses that the page of a widget links to.
- `widget_tools`: the tools for a widget beside its form: pause it, duplicate it, see its secret.
- `fields/`: the additional fields of a widget.
- `hours/`: its opening hours.
- `topics/`: its topics.
"""
