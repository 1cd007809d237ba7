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
"""
