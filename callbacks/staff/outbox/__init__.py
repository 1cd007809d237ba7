"""Show what waits to be sent by email or webhook, what was sent, and what failed."""
