"""Limits against abuse: how often, by whom, and what a form costs when too much comes in.

- `limits` count requests per number, widget and account, exactly.
- `ip_rate_limit` counts forms per client address, in the cache.
- `block_list` holds numbers, prefixes, email domains and addresses that get no call.
- `detection` and `proof_of_work` make scripts pay; `rejections` records who was turned away.

Intake, the public pages and the staff pages import it.
"""
