"""What several measurements use.

- `call_service`: stand in for a call service that takes some time: record which calls arrive, and
  when.
- `figure`: compare a measured value with a baseline of the same run, and with its target.
- `load`: generate load: clients that each keep one connection, and send as fast as they are
  answered.
- `machine`: describe the machine of a measurement: a figure without its machine says nothing.
- `place`: run a site and the engine alone side by side: on SQLite, on PostgreSQL, or with Redis.
- `process`: measure what a process costs, from Linux's /proc.
"""
