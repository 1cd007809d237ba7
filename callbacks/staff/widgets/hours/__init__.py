"""The opening hours in a widget's form.

`form` holds the fields. `typed_hours` turns what staff type into the text that is stored, and back;
`hours_field` shows it as an editor. `week_picture` draws the week.

- `choices`: the places and time zones that staff choose from.
- `holiday_boxes`: the public holidays of a place as boxes to tick: an unticked one counts as an
  ordinary day.
- `hours_view`: show the week that stands in a widget's form, before it is saved.
- `offer`: what a visitor would be offered at one moment, and why: for staff who check the hours.
- `offer_view`: a page that says what a visitor would be offered on a date and time, and why.
- `reading`: read what staff typed into the editor of opening hours, and say what is wrong with
  which day.
"""
