"""Break things while calls are placed, and show that nobody is called twice and nothing is lost.

    benchmarks/chaos.py [--requests N] [--minutes M] [--seed N] [--sqlite] [--keep FOLDER]

Visitors send forms to several web processes while processes are killed and frozen, clocks are
wrong, servers go away and the call service fails in every way it can; staff retry what is in doubt.
In the end the call service's own list of calls is held against the table. PostgreSQL and Redis are
started for it and thrown away; with --sqlite everything is in files. All on the loopback.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.havoc import world as worlds  # noqa: E402

AT_ONCE = 24
# For what was under way when the last thing was healed. The circuit pauses for five minutes at
# most, by when the visitors' patience is over as well; then the sweep has its round.
SETTLE_SECONDS = 330.0


def main(arguments: list[str]) -> int:
    """The exit status is 0 only if every promise was kept."""
    parser = argparse.ArgumentParser(usage=__doc__, allow_abbrev=False)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=10, help="visitors come for so long")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder for the logs, to be looked at")
    options = parser.parse_args(arguments)
    where = "one machine on SQLite" if options.sqlite else "several machines on PostgreSQL"
    print(f"Seed {options.seed}, {options.requests} requests, {where}.", flush=True)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        place = options.keep or Path(folder)
        with worlds.world(place, on_sqlite=options.sqlite) as world:
            return run(world, options)


def run(world: worlds.World, options: argparse.Namespace) -> int:
    """Everything runs in `world`; this process looks at its database as another machine would."""
    os.environ.update(world.site.env)
    import django

    django.setup()
    from benchmarks.havoc import breaking, people, verdict, visitors
    from callbacks import clock
    from callbacks.models import Widget

    caps = {"daily_cap": 1_000_000, "hourly_cap": 1_000_000, "patience_minutes": 5}
    widgets = [
        Widget.objects.create(name=name, originate=name, **caps | limits).public_id
        for name, limits in (("one", {}), ("two", {}), ("slow", {"calls_per_minute": 600}))
    ]
    begun, begin = clock.now(), time.monotonic()
    crowd = visitors.Visitors(world.webs, widgets, options.requests, options.seed)
    breaker, staff = breaking.Breaker(world, options.seed), people.People(options.seed)
    breaker.start()
    staff.start()
    crowd.ask(AT_ONCE, until=begin + options.minutes * 60)
    asked_after = time.monotonic() - begin
    breaker.stop()
    staff.stop()
    settled = settle(world)
    known = verdict.Evidence(crowd.wishes, world.sandbox.calls(), begun)
    broken = list(verdict.violations(known))
    broken += [f"{what} ended by itself" for what in world.ended_by_itself]
    broken += world.tracebacks()
    if not settled:
        broken.append(f"not everything was over after {SETTLE_SECONDS:g} s")

    show("Broken on purpose", breaker.done)
    outcomes = verdict.outcomes(known)
    outcomes |= {"retries by people": staff.done, "retries that came too late": staff.too_slow}
    show("What became of it", outcomes)
    seconds = time.monotonic() - begin
    print(f"\n{asked_after:.0f} s of visitors, {seconds:.0f} s in all, seed {options.seed}.")
    if broken:
        print(f"\nBROKEN PROMISES: {len(broken)}", *broken[:50], sep="\n  ")
        return 1
    print("Nobody was called twice, and nothing was lost.")
    return 0


def settle(world: worlds.World) -> bool:
    """Waits until every request is over, with everything healed."""
    from django.db import DatabaseError, InterfaceError, close_old_connections

    from callbacks.models import CallRequest, Status

    end = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < end:
        world.restart_what_ended()
        try:
            close_old_connections()
            if not CallRequest.objects.filter(status__in=[Status.QUEUED, Status.CALLING]).exists():
                return True
        except (DatabaseError, InterfaceError):
            pass
        time.sleep(0.5)
    return False


def show(title: str, counts: Counter[str]) -> None:
    """Prints a table of figures."""
    print(f"\n{title}")
    for name, count in sorted(counts.items()):
        if count:
            print(f"  {name:40} {count:6}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
