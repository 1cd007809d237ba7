"""The life of a request: its statuses, the moves between them, and what people do with it.

This part promises that a status changes only by a move that its table allows, and only if the row
is still as the caller saw it. Nothing else writes `CallRequest.status`; a test watches that.

- `transitions` holds the table of moves (`MOVES`) and the function `transition` that makes one.
- `worker_moves` makes the moves of a call, in fewer messages to the database.
- `actions` holds what people do: staff mark, cancel and close; visitors cancel; operators set
  unfinished requests aside (hold).
- `retrying` queues a request again for staff: when it can, in its slot, or in a slot they choose.
- `confirming` holds how staff confirm a booking outside the opening hours.
- `overbooking` tells staff when a booking would go back into a slot that is full by now.
- `company_changes` finds what the company did with a call, so that its visitor can be told.
- `errors` says why an action was not done.
- `blocking` puts a request's number on the block list: a visitor asks never to be called again, or
  staff block the number.
- `hours_changed`: work out anew from when to when requests may be called, after the opening hours
  have changed.

Dispatch imports `worker_moves` and `transitions`, housekeeping imports `transitions`; staff pages,
public pages and commands import `actions`, `retrying`, `confirming`, `overbooking` and `blocking`.
"""
