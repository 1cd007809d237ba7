"""A stand-in for the token and startcall endpoints, for demos and tests. No real phone rings.

Start it with `python -m callbacks.sandbox --help`. It is a process of its own. It speaks real HTTP,
uses the standard library only, and shares no code with the product: it checks the product's rules
instead of repeating them. Nothing may import it, and it imports nothing of ours.

Faults are switched on from its page or by `PUT /sandbox/faults`; `faults.py` lists them. There are
statuses in place of a call. There are also faults after the phone has rung, because a proxy or a
broken service answers in that way: any of these statuses, no answer, or half an answer. And a phone
may ring only after the caller has hung up.

`GET /sandbox/calls` tells which phones rang. `GET /sandbox/sends` tells every startcall request
with its token and its answer, including those that rang nobody.

- `__main__`: start the sandbox: `python -m callbacks.sandbox`.
- `calls`: which phones rang, every startcall request with its answer, and the number of requests.
- `changes`: note that something changed.
- `control`: show calls and switch faults, for tests and for the page.
- `destination`: which destinations ring: the sandbox's own simple rule, independent of the
  product's.
- `events`: server-sent events: what the page needs to show ringing phones live.
- `fault_rules`: read fault rules from JSON.
- `faulty`: answer a request while faults are switched on.
- `messages`: one HTTP request and one HTTP answer.
- `page`: the page on which phones ring.
- `reading`: read one request from a connection, or refuse what cannot be read safely.
- `routes`: which function answers which address.
- `server`: the HTTP server: one thread for each connection, kept alive.
- `startcall_endpoint`: POST /sandbox/api/startcall: strict about every header and field of the
  documented request.
- `state`: what one sandbox knows while it runs.
- `token_endpoint`: POST /sandbox/token: a token endpoint like Keycloak's, for the client
  credentials grant only.
- `tokens`: access tokens: issued, known, expired, forgotten.
- `wire`: how an answer is sent: whole, or in one of the ways in which answers go wrong.
"""
