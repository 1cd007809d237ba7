"""Programs that run inside a measured site, with its settings and its database.

- `ask`: ask for a call to each number on the standard input, and print when: `ask.py site WIDGET`.
- `at_most`: do one thing as often as possible: `at_most.py WHAT SECONDS [WIDGET]`, then a line on
  the input.
- `backlog`: create due requests of ten widgets, without a wake-up message: `backlog.py COUNT`.
- `booked`: create widgets with time slots, and bookings: `booked.py BOOKINGS DAYS [CAPACITY]`.
- `claims`: claim a request for each line on the input, and print how long it took, in seconds.
- `clear_queue`: delete requests, wake-up messages and the hits of limits between two measurements.
- `columns`: the columns of a request that mean nothing to a measurement.
- `fill`: fill an empty database with a history: `fill.py REQUESTS`.
- `offered`: show the form of a widget, and print how long it takes: for each public id on the
  input.
- `prepare_engine`: create the tables of the engine's own storage, if it has any.
- `steps`: place a call for each number on the input, and print when each of its steps began and
  ended.
- `tokens`: print COUNT form tokens of a widget, one on each line: `tokens.py WIDGET COUNT`.
- `virtual_account`: let the product pace and order the calls of one account, in virtual time, and
  print the waits.
- `visit`: visit pages of a history, and print how long each takes.
- `webhooks_waiting`: create two webhook endpoints: `webhooks_waiting.py DEAD MESSAGES ALIVE`.
"""
