"""The foundations that all other parts use: time, database access, encryption, outages.

- `clock` and `boot_clock` tell the time. Tests set or move the time there.
- `queries` reads whole SQL statements from their files. `database` and `statements` send several of
  them in one message, and take locks.
- `crypto`, `fields` and `key_rotation` encrypt personal data and make it searchable.
- `availability` logs an outage of the database, the queue or another service once when it begins
  and once when it ends.
- `process_memory` keeps values and pauses for a while in one process.
- `redaction` hides personal data in free text.
- `origins` and `host_names` check the sites that companies list.
- `private_files` and `process_identity` create private files and name processes.

Every part may import `core`. `core` imports no other part.
"""
