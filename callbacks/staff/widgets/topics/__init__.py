"""The topics of a widget: their list on the widget's page, and a page for each."""
