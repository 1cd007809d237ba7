"""A stand-in for the token and startcall endpoints, for demos and tests: no real phone rings.

Run it with ``python -m callbacks.sandbox --help``. It is a process of its own that speaks real
HTTP, uses the standard library only, and shares no code with the product, so that it checks the
product's rules instead of repeating them. Nothing may import it.
"""
