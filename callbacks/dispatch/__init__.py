"""From a due request to a phone that rings: claim it, place the call, record the answer.

This part promises that a request is never called twice and never lost. A request is claimed, and
the claim committed, before anything is sent. An answer that nobody can interpret makes the request
*uncertain*, for a person to check.

`place_next`, in `place_call`, is the entry point: it places the call of one request, in five steps.
A worker runs it until nothing is due (`callbacks.worker.tasks`).

- `claim` takes the next due request for this worker; `begin_attempt` writes that and commits it.
  `claimed` is what the worker then has in hand; `rehearsal` makes a claim after a pause quicker.
- `last_look` checks the claim once more, right before the send.
- `record` writes what became of the call; `backoff` says when a request is tried again.

Other parts also use single modules:

- `call_switch` stops and resumes all calls; `circuit_breaker` says whether one may be placed now.
- `claim` finds the next request that may be called; housekeeping uses it too.
- `database_slots`: limit how many threads of a process use the database at the same time.

Which requests are due, in which order, and how many at once, is decided in `callbacks.scheduling`.
The worker, staff pages, public pages and commands import this part.
"""

from callbacks.dispatch.place_call import PlaceResult, place_next

__all__ = ["PlaceResult", "place_next"]
