"""From a due request to a phone that rings: claim it, place the call, record the answer.

This part promises that a request is never called twice and never lost. A request is claimed, and
the claim committed, before anything is sent. An answer that nobody can interpret makes the request
*uncertain*, for a person to check.

`place_next` is the entry point: it places the call of one request, and a worker runs it until
nothing is due (`callbacks.worker.tasks`). Other parts also use single modules:

- `call_switch` and `circuit_breaker` say whether calls may be placed now.
- `fair_queue` gives a new request its place in the queue.
- `pacing` limits how many calls start at once.
- `claim` says which requests are due.
"""

from callbacks.dispatch.place import PlaceResult, place_next

__all__ = ["PlaceResult", "place_next"]
