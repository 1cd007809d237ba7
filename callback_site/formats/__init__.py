"""How a day and a time are shown in every language, in columns that Django shows by itself as well.

Django looks for them in a module for each language.
"""

DATE_FORMAT = "j N Y"
DATETIME_FORMAT = "j N Y H:i"
