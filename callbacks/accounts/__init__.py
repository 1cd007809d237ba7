"""Staff accounts: roles and permissions, the second sign-in step, throttling, the audit log.

Staff pages and commands import it.
"""
