"""Measure the site, and break it on purpose: programs that `make bench` and `make chaos` start.

- `ceilings`: find what one machine takes: push each part until it gives, and say which part gives
  first.
- `chaos`: break things while calls are placed, and show that nobody is called twice and nothing is
  lost.
- `growth`: show what growth does to waiting times: ten accounts, 10,000 widgets, a million requests
  a day.
- `history`: compare a history of a million requests with one of ten thousand: pages must stay as
  fast.
- `idle`: measure what a site costs while nothing happens: web, worker and housekeeping.
- `intake`: measure intake: how many forms one web process accepts, and shows, in a second.
- `latency`: measure the latency when idle: from the commit of a request to the arrival of its
  startcall.
- `run`: measure how fast the product is on this machine: what `make bench` does.
- `slots`: measure time slots: offer them, call while many are booked, and show and take forms with
  them.
- `steps`: show what each part of a millisecond is for, from the moment when a worker wakes to the
  call.
- `throughput`: measure throughput: how fast workers drain a backlog of calls that take 300 ms,
  without pacing.
- `webhooks`: measure what a webhook endpoint that does not answer costs the others.
- `whole_site`: measure the whole site as `make serve` starts it: its memory, and how soon it
  answers.
- `baseline/`: what a measurement is compared with.
- `havoc/`: the parts of the chaos run.
- `inside/`: programs that run inside a measured site.
- `support/`: what several measurements use.
"""
