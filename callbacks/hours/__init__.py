"""Opening hours: when a site's team can be called to the phone, as values without a database.

- `opening_hours` holds a week, special days and public holidays, and computes the open periods.
- `hours_syntax` reads (with `hours_reader`) and writes them as text, in the syntax of
  OpenStreetMap.
- `public_holidays` knows the public holidays of countries and their parts.
- `time_zones` checks the names of time zones.
- `sales_hours` holds the hours in which French law allows sales calls.
- `in_words`: opening hours in words, in the active language: for staff, and for the audit log.
- `tokens`: cut a text into pieces, and refuse a piece with a sentence that says where it stands.

The open periods of each widget are rows, which `callbacks/scheduling/open_periods.py` writes. It
imports `contact` and `core` only, so that models can check with it what staff enter.
"""
