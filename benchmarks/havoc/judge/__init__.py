"""The judge of a chaos run: what was seen, held against what is promised.

`evidence` is the plain data that it takes; `verdict.violations` is what it finds, and
`verdict.count` what happened. It imports nothing of the product, so that it cannot share a mistake
with it: rows come as tuples, the calls from the stand-in, and what visitors were told from the
visitors. Its rules are small functions, in `sends` (never twice), `people` (who may be called),
`promises` (never lost), `histories` (what is written is what happened) and `timing`.
"""
