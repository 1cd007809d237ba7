"""The requests: their list, the page of each, and what staff do with them.

`list_page/` filters and searches the list; `export/` writes it to a file. An action goes from
`ask_first` (the page between the button and the action) to `carry_out`; `actions` says which there
are.

- `ask_first_form`: the form of the page that asks for confirmation.
- `bookings_page`: the page of what is booked: the time slots of today and the coming days.
- `caller_history`: the past of a request's number: earlier requests, refusals, the block list.
- `next_steps`: what to do next about a request: a sentence or two for each status and reason.
- `outcome_admin`: the call outcomes, in the admin: what the call service reported, with or without
  a request.
- `progress`: the page that follows requests that were retried together.
- `refusal_admin`: the refusals, in the admin: which forms were refused, when and why.
- `report`: tell the person what became of the requests, after an action.
- `request_admin`: the requests, in the admin: the columns of the list, and the addresses of their
  pages.
- `request_page`: what the page of one request shows.
- `request_views`: the views behind the page of one request: an action, a note, the number in clear.
- `reschedule_view`: the page on which staff move a booking to another free time slot.
- `retry_all`: retry all failed requests of a filtered list: the button "Retry all 10", and its
  page.
- `slot_choices`: the free time slots of a request's widget, as the choices of a field.
- `history/`: the history of a request.
"""
