"""Run the site: check it at the start, prepare it, watch it, and stop it.

This part promises that the site does not start in a state in which calls could go wrong, and that a
problem is told in one sentence that says what to do.

- `checks` holds our system checks; Django runs them.
- `health` answers `/healthz` and `/readyz`.
- `metrics` answers `/metrics`; `metric_families` names what `site_state` and the running totals
  say.
- `dead_mans_switch` tells a monitor that all is well; `backup` copies a SQLite database.
- `preparing` brings database, queue and static files up to date.
- `programs`, `supervisor`, `process` and `unix_signals` run several processes as one; `forking`
  loads the application once for all of them.
- `ports`, `operator`, `demo_environment` and `demo_history` serve the commands.
- `lock_holders`: find which process of this machine keeps the SQLite file locked.
- `story`: what happened to one request, line by line, for a support person.

Commands of `manage.py` use it, as do Django's settings (`urls`) and deploy/demo.py.
"""
