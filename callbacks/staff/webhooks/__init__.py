"""The webhook endpoints, in the admin: what each is told, whether it answers, and what to do.

- `webhook_admin`: the list of webhook endpoints, and the page of each with what it was sent last.
- `webhook_form`: the form for a new webhook endpoint.
- `webhook_views`: create a webhook endpoint, and do something with one.
"""
