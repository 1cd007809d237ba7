"""Protection against abuse: how often a form may be sent, by whom, and what it costs a script.

- `limits` counts requests per number, widget and account, exactly, in the database; `next_request`
  says when a number has room again, `limit_usage` how much of the limits is used, and `never_rang`
  finds the requests that do not count.
- `ip_rate_limit` counts forms per client address, roughly, in the cache.
- `block_list` holds the numbers, prefixes, email domains and IP addresses that get no call.
- `detection` notices floods; `proof_of_work` then makes each form cost computing time.
- `refusals` records the forms that were refused, for staff.
- `block_keys`: the keys under which the block list is searched, and the values from which they are
  computed.
- `key_rate_limit`: limit how often one API key may be used (`RATE_PER_KEY`), in the cache.
- `system_blocks`: what a system of the company adds to the block list, and removes from it, with
  its API key.

Intake, lifecycle, dispatch, data protection, housekeeping, public pages and staff pages import it.
"""
