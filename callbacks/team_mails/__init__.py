"""Emails to the team: what happens to the requests of a widget, for the people who look after them.

This part promises that each recipient gets what they chose, that no email contains a number in full
unless that was chosen, that a flood of requests is told in few emails, and that one click stops
them. No call waits for it.

- `recipients` adds and removes the people. Staff pages and a command import it.
- `events` stores messages in the outbox, with the change that they tell of. Intake and lifecycle
  import it.
- `sending.send_due` sends what is due; the worker's `outbox_sender` calls it.
- `looks` records who has looked at a failed or uncertain request; staff pages import it.
- `digest` stores and sends the daily summaries; the worker imports it.
- `unsubscribing` holds the links that stop the emails; the public pages import it.
- `building`: build an email to the team: plain text and HTML, with its headers.
- `delivering`: hand one email to the team to the mail server.
- `words`: what an email to the team says, in the active language.
"""
