"""The accounts of staff: their rights, how they sign in, and what they did.

- `roles` names each right once; `built_in_roles` gives every site its three roles.
- `two_factor` is the second step of signing in; `sign_in_throttle` forgets failed attempts.
- `last_superuser` makes sure that one account keeps all rights.
- `audit_log` records who did what.
- `api_keys`: create, find, rotate and revoke API keys.

Staff pages, commands and housekeeping import it. Other domain packages import `audit_log` only.
"""
