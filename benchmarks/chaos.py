"""Break things while calls are placed, and show that nobody is called twice and nothing is lost.

    benchmarks/chaos.py [--requests N] [--minutes M] [--seed N] [--sqlite] [--keep FOLDER]

Visitors send forms to several web processes. Meanwhile processes are killed, frozen and put to
sleep, clocks are wrong, servers stop, disks are full, and the call service fails in every way that
it can. Staff, the operator and visitors do everything that they can do: they also book and move
time slots, and change opening hours. At the end, a judge that shares no code with the product
compares the call service's own lists with the tables, and with what people were told. PostgreSQL,
PgBouncer, Redis, Varnish and nginx are started for the run and thrown away. With --sqlite,
everything is in files. All traffic stays on the loopback. In a second part the service breaks the
one assumption that the product makes about it, and second rings are counted.
"""

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.havoc.clocks import Clocks  # noqa: E402
from benchmarks.havoc.skewed import skew  # noqa: E402


def main(arguments: list[str]) -> int:
    """Run; return 0 only if every promise was kept and enough things were broken."""
    parser = argparse.ArgumentParser(usage=__doc__, allow_abbrev=False)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=10, help="how long visitors come")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder for logs and evidence")
    options = parser.parse_args(arguments)
    where = "one machine on SQLite" if options.sqlite else "several machines on PostgreSQL"
    print(f"Seed {options.seed}, {options.requests} requests, {where}.", flush=True)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        place = options.keep or Path(folder)
        own = Clocks(Path(folder) / "own.clocks")
        if options.sqlite:  # then this process is on the machine whose clock jumps
            skew(own)
        from benchmarks.havoc import world as worlds

        with worlds.world(place, on_sqlite=options.sqlite) as world:
            os.environ.update(world.site.env)
            import django

            django.setup()
            from benchmarks.havoc.run import Plan, run

            plan = Plan(options.requests, options.minutes * 60, options.seed, options.keep)
            return run(world, plan, own)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
