"""Judge a chaos run: compare what was seen with what is promised.

`evidence` holds the plain data that the judge takes. `verdict.violations` returns what is wrong,
and `verdict.count` counts what happened. The judge imports nothing of the product, so it cannot
share a mistake with it. Rows come as tuples, calls from the sandbox, and what visitors were told
from the visitors. The rules are small functions in `sends` (never twice), `people` (who may be
called), `promises` (never lost), `histories` (what is recorded is what happened), `bookings` (time
slots and opening hours; `hours` says when it was open), `timing`, and `calm` (soon while nothing is
broken).

- `case`: put the evidence in order: which send belongs to which attempt, and to which wish.
"""
