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
- `campaign_names`: the campaign parameters of an address that a widget keeps beside `utm_*`, such
  as `gclid`.
- `concurrent_indexes`: add and remove indexes in migrations while the site runs.
- `hidden_packages`: keep a library from loading packages that this site does not use.
- `one_line`: refuse a line break in text of one line, such as a name: it could split an email's
  subject.
- `outside_times`: read the times that others send us.
- `quiet_response`: read HTTP responses without logging what the other side sent.
- `sql_functions`: keep the statements of a call as functions in PostgreSQL, which plans each once
  in a session.
- `storable`: refuse what no database stores: the null character, and half a surrogate pair.
- `strict_json`: read JSON that means one thing only (RFC 7493).
- `tracing`: tell how long each step of a request took, as OpenTelemetry traces, if that is switched
  on.
- `watchdog`: end a connection at a set time, whatever the other side does.

Every part may import `core`. `core` imports no other part.
"""
