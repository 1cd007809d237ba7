"""The opening hours in a widget's form.

`form` holds the fields. `typed_hours` turns what staff type into the text that is stored, and back;
`hours_field` shows it as an editor. `week_picture` draws the week.
"""
