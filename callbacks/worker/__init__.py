"""What runs beside the web process: worker threads and housekeeping.

This part promises that due requests are called soon, even while the queue is unavailable, and that
a call whose worker died is found.

- `tasks` sends and handles Huey's messages. `tasks.notify_workers` is what other parts call, after
  a commit that makes a request due.
- `wakeup` chooses where messages wait; `storages` makes Huey's storages robust.
- `housekeeping` finds what fell through, twice a second: `left_behind` moves requests, `purge`
  deletes what is old. `housekeeping_job` says which process does it.
- `daily_notice` sends staff one email a day.
- `fallback` places calls when no worker does.
- `heartbeat` tells the site which worker processes are alive.
- `last_used_first_lock`: a lock that prefers the thread that used it last.
- `outbox_sender`: send what waits in the outbox, in the housekeeping process, in threads that place
  no calls.

The table of requests is the truth; a message only says "there is work".

Intake and lifecycle import only `tasks`. Staff pages import `heartbeat` and `housekeeping_job`, to
warn when nothing runs. Operations and commands import what they run. The settings import `wakeup`.
"""
