"""Show what waits to be sent by email or webhook, what was sent, and what failed.

- `outbox_admin`: the outbox, in the admin: what waits to be sent, what was sent and what failed.
- `outbox_words`: why a message was not sent, in words.
"""
