"""The parts of the chaos run: the world, what breaks it, the people in it, and the judge.

- `acts`: do what a person does, and record it, with whether they were told that it is done.
- `assumption`: count the second rings when the service breaks the one assumption that the product
  makes.
- `breaking`: break something all the time: deal a deck of cards, shuffled from a seed, again and
  again.
- `browser`: act as a visitor's browser: send one request, once, to one of several web processes.
- `clocks`: set the clocks of a process under `benchmarks.havoc.skewed` from outside, while it runs.
- `collect`: collect the evidence: the sandbox's lists, the rows of the tables, and people's notes.
- `disk`: make a small disk that can be full: a tmpfs, if this process may mount one.
- `in_use`: share the database between its users outside the site's processes, or take it for one
  alone.
- `injections`: record what was broken on purpose: the kind, from when to when, and the time to
  recover.
- `on_files`: break one machine on SQLite: lock its files, fill its disk, cut its power, move its
  clock.
- `on_postgresql`: break PostgreSQL, PgBouncer and Redis: stop them, make them read-only, or move
  their clock.
- `on_processes`: break processes: kill them, end them, freeze them, and let their machine sleep.
- `on_service`: make the call service fail for a while, by the rules of `callbacks.sandbox`.
- `opening`: write the opening hours of the run's widgets, and change them while calls are placed.
- `people`: act as staff and operator, who do all they can; only they may cause a second call.
- `postgresql`: run a PostgreSQL server that can lose its power, its clock, its disk and its right
  to write.
- `report`: format what a chaos run prints: Markdown tables of what was broken and what was seen.
- `rotation`: rotate the encryption key during the run, machine by machine, as the documentation
  says.
- `run`: run one chaos run in a running world: break, settle, judge; then price the assumption.
- `servers`: start the servers of a chaos run, and the proxies in front of them.
- `settling`: wait until all requests of a chaos run are over.
- `silent`: run a TCP proxy that can fall silent: to each side, the other side seems to have
  vanished.
- `skewed`: run a program whose clocks can be wrong: `python -m benchmarks.havoc.skewed FILE PROGRAM
  …`.
- `visitors`: act as visitors: each wants one call, sends the form until it is answered, and may
  change plans.
- `widgets`: the widgets of a chaos run: always open, or with hours and time slots.
- `world`: build the world of a chaos run: servers, and the site's processes, which are restarted.
- `judge/`: say what was promised and not kept.
"""
