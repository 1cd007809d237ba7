"""Emails to visitors: a confirmation, what was changed, and what became of a call.

This part promises that an email says what is true when it is sent, that an address gets at most
three a day and none once its owner has said so, and that no email contains a number in full.

- `events` stores a message in the outbox, with the change that it tells of. Intake, lifecycle and
  dispatch import it.
- `sending.send` sends one message; the worker's `outbox_sender` calls it.
- `opt_out` holds the choice of no more emails; the public pages and data protection import it.
- `building`: build an email to a visitor: plain text and HTML, with its headers and its calendar
  file.
- `daily_limit`: at most three emails a day to one address, from all widgets together.
- `words`: what an email to a visitor says, in the active language.
"""
