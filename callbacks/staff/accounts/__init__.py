"""Staff accounts in the admin: signing in, the second step, users, the audit log."""
