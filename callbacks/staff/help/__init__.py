"""The help page: what each status, reason and code means, and what to do about it."""
