"""Turn a submitted form into a committed request, or into a reason that the visitor understands.

- `accept.accept` is the only way in, for the form and for every later channel. It takes a
  `submission.Submission` and goes through four steps: `request_form` (clean), `facts` (ask),
  `decision` (decide), `write` (write).
- `form_token` says which form came back, and how long it was shown.
- `correction` changes the number of a waiting request.
- `taken_before` finds the request that a form has already led to.
- `idempotency` recognises a call of the API that was already carried out.
- `errors` holds the reasons for a refusal, with the sentences for visitors.
- `call_again`: call a visitor again whose phone did not ring: a new request with the same details,
  by one click.
- `chosen_time`: turn what a visitor chose (now, the next opening, a time slot) into the time of the
  call.
- `extra_form_fields`: the additional fields of a widget, as fields of the form that a visitor fills
  in.
- `rescheduling`: move the call of a request that still waits to another time.

Public pages, staff's preview of a form, commands and the API import it.
"""
