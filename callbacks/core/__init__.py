"""What every other part stands on: time, the database, secrets, and what comes and goes.

- `clock` and `boot_clock` tell the time; tests set it there.
- `database` and `statements` send several SQL statements in one message, and take locks.
- `crypto`, `fields` and `key_rotation` encrypt personal data and make it searchable.
- `availability` logs once that the database or the queue is away, and once that it is back.
- `redaction`, `origins` and `host_names` read and hide text from outside.

It imports no other part, and every part may import it.
"""
