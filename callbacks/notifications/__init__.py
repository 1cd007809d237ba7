"""Tell staff about problems, by email and webhook.

This part promises that no alert is lost: an alert is stored first, with the change that caused it,
then sent, and sent again until that succeeds.

- `alerts.raise_alert` and `alerts.raise_once` store an alert; `alerts.end` ends it.
- `alerts.tell_all` sends what is stored; the worker calls it.
- `mail.send` sends one email.

Every domain part, the worker and staff pages may import it.
"""
