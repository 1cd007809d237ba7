"""Staff accounts in the admin: sign-in, two-factor sign-in, invitations, roles, the audit log."""
