"""A stand-in for the token and startcall endpoints, for demos and tests: no real phone rings.

Run it with ``python -m callbacks.sandbox --help``. It is a process of its own that speaks real
HTTP, uses the standard library only, and shares no code with the product, so that it checks the
product's rules instead of repeating them. Nothing may import it.

Faults can be switched on, on its page or by ``PUT /sandbox/faults``: statuses instead of a call,
and, because a proxy or a broken service answers that way, a phone that rings and then any of these
statuses, no answer, half an answer, or a ring only after the caller has hung up. ``faults.py``
lists them. ``GET /sandbox/calls`` tells which phones rang, ``GET /sandbox/sends`` every startcall
request with its token and its answer, also those that rang nobody.
"""
