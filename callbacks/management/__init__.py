"""What an operator does from a shell, in `commands`. Django finds this package by its name.

- `json_input`: JSON that an operator gives a command, in a file or as an option.
- `widget_files`: widgets as a file: read it into a database, or write it from one.
- `widget_options`: the options with which commands create and change widgets.
- `widget_values`: values of a widget in a file: each must have the type of its column.
"""
