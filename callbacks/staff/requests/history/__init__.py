"""The history of a request: what each kind of row says in it, and their order.

- `beginning`: the lines of the request itself and of its consent.
- `calls`: the lines of calls, of their outcomes, and of emails to the visitor.
- `event`: one line of the history.
- `timeline`: the history of a request, newest first.
"""
