"""The webhook endpoints, in the admin: what each is told, whether it answers, and what to do."""
