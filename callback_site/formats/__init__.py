"""How dates and times are shown, in every language, even in columns that Django fills by itself.

Django looks for these names in one module for each language (`en`, `fr`).
"""

DATE_FORMAT = "j N Y"
DATETIME_FORMAT = "j N Y H:i"
