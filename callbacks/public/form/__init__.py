"""Show the form, check that a person sent it, and hand it to `intake`.

- `bot_checks`: check a form for signs that a bot sent it.
- `extra_fields`: the additional fields of a widget, as the form's page shows them.
- `form_errors`: turn a refusal by `intake` into what the form's page says about it.
- `identity`: check who the visitor is, as signed by the site that shows the form.
- `pages`: render the form: empty, or with what was typed and the reason for a refusal.
- `slot_days`: show time slots by day, in the visitor's language and by the widget's clock.
- `taking`: take a form that came back: check that a person sent it, and hand it to `intake`.
- `times_to_choose`: the field `when` of the form: the times that the visitor can choose, in words.
- `topics`: ask the visitors of a widget with topics what their call is about, before any form is
  shown.
- `typed`: what the fields of the form contain when it is shown.
- `views`: show the form, and take it when it is sent.
- `visit_source`: clean what the page with the widget says about itself: where the visitor asked
  from.
"""
