"""The pages where staff see each request, why it failed, and try again.

They are Django's admin, drawn by unfold. What staff do goes through `callbacks.lifecycle.actions`
and `callbacks.dispatch.call_switch`: nothing here writes a status.

- `site/`: the admin site, with its addresses, menu and banner.
- `common/`: what all pages share.
- `overview/`, `requests/`, `widgets/`, `block_list/`, `privacy/`, `accounts/`, `calling/`, `help/`:
  one part of the menu each.
- `health/`: how each part of the site is doing.
- `outbox/`: the messages that wait, were sent or failed.
- `webhooks/`: the webhook endpoints.

A file `…_admin.py` registers a table and describes its list. The other pages stand in files of
their own.
"""
