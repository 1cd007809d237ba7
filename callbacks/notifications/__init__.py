"""Send messages to people and systems outside the site, by email and webhook.

This part promises that no message is lost: it is stored first, with the change that it tells of,
then sent, and sent again until that succeeds or its attempts are used up.

- `outbox.add` stores messages of any kind; `outbox.send_due` sends those of one kind. The worker's
  `outbox_sender` calls it.
- `alerts.raise_alert` and `alerts.raise_once` store an alert; `alerts.end` ends it.
- `mail.send` sends one email.
- `gathering`: send several messages of the outbox to one recipient as one.

Every domain part, the worker and staff pages may import it.
"""
