"""Run the tests on SQLite, and again on PostgreSQL: what `make test` and `make slow` do.

    tests/run.py [--only sqlite|postgresql] [--quick | --minutes] [arguments for pytest]

What takes long by its nature is left out, and is all that runs with --minutes. On PostgreSQL,
the tests of the parts that "never twice, never lost" rests on run first, and those of the other
parts with --minutes. With --only, or with arguments for pytest, all tests that are meant run.
--quick is a first look, in a minute. It leaves out browsers, processes beside the tests, and what
computes for long, and runs the first of the other tests of each file, one case of each; on
PostgreSQL, of those parts alone.

Programs that are not installed leave out the tests that need them, and the last lines say so. With
CI=true nothing may be left out. Tests run on three processes, those with --minutes or --quick on
two; with `-n 0` (say, for --pdb) on one.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support import programs  # noqa: E402
from tests.support.selection import PROMISES  # noqa: E402
from tests.support.servers import throwaway_postgresql  # noqa: E402

NO_TESTS_COLLECTED = 5
PROCESSES = "3"  # on two cores, because tests also wait
PATIENCE = 20  # seconds for an interrupted pytest to end
# A browser shows the same on either database, and what asks none needs no second run.
ON_POSTGRESQL = "database and not browser"
FIRST = f"not minutes and promises and {ON_POSTGRESQL}"
LATER = f"(minutes or not promises) and {ON_POSTGRESQL}"
QUICK = "not browser and not slow and not long and not minutes"
QUICK_ON_POSTGRESQL = f"{QUICK} and promises and database"
# Two processes: these tests never wait, and a third would collect and migrate once more.
FIRST_LOOK = ["--first-look", "-n", "2"]


def main(arguments: list[str]) -> int:
    """Run everything; the exit status is 0 only if each run passed."""
    parser = argparse.ArgumentParser(usage=__doc__, allow_abbrev=False)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    portion = parser.add_mutually_exclusive_group()
    portion.add_argument("--quick", action="store_true")
    portion.add_argument("--minutes", action="store_true")
    options, for_pytest = parser.parse_known_args(arguments)
    marked = "minutes" if options.minutes else QUICK if options.quick else "not minutes"
    # A third process beside whole sites and machines would make them too slow.
    ours = ["-n", "2"] if options.minutes else FIRST_LOOK if options.quick else []
    for_here = [*ours, *for_pytest]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    left_out = [] if options.quick else report_programs()
    if left_out and os.environ.get("CI", "").lower() == "true":
        print("error: with CI=true nothing may be left out", *left_out, sep="\n  ", file=sys.stderr)
        return 1
    results = {}
    try:
        if options.only != "postgresql":
            results["SQLite"] = run_pytest(["-m", marked, *for_here])
        if options.only != "sqlite" and programs.postgresql():
            chosen = LATER if options.minutes else FIRST
            if options.quick:
                chosen = QUICK_ON_POSTGRESQL
                for_here += [] if for_pytest else [f"tests/{part}" for part in sorted(PROMISES)]
            elif options.only or for_pytest:
                chosen = marked if options.only else f"{marked} and {ON_POSTGRESQL}"
            with throwaway_postgresql() as server:
                results["PostgreSQL"] = run_pytest(["-m", chosen, *for_here], server.url)
    except KeyboardInterrupt:
        print("\nInterrupted.")
        return 130
    finally:
        print(*(f"!! {line}" for line in left_out), sep="\n", flush=True)
    return verdict(results)


def report_programs() -> list[str]:
    """Print what was found, and return a sentence for each program that was not."""
    left_out = []
    for program in programs.PROGRAMS:
        place = program.find()
        print(f"{program.name + ':':12}{place or 'not found'}")
        if not place:
            left_out.append(f"{program.name} was left out: {program.missing}")
    return left_out


def run_pytest(arguments: list[str], database_url: str | None = None) -> int:
    """Run pytest on that database, or on a SQLite file, and return its exit status."""
    print(f"\nOn {'PostgreSQL' if database_url else 'SQLite'}:", flush=True)
    command = [sys.executable, "-m", "pytest", "-n", PROCESSES, "--dist", "worksteal", *arguments]
    variables = {"TEST_DATABASE_URL": database_url} if database_url else {}
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | variables)
    try:
        return process.wait()
    except SystemExit:
        process.send_signal(signal.SIGINT)  # a Ctrl-C has reached pytest already
        raise
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)  # for pytest to end what it started
        process.kill()
        process.wait()


def verdict(results: dict[str, int]) -> int:
    """One exit status for all runs. A selection may fit one database alone, but not none."""
    failed = {name: code for name, code in results.items() if code not in (0, NO_TESTS_COLLECTED)}
    if failed:
        print("Failed on", " and ".join(failed))
        return 1
    return 0 if 0 in results.values() else NO_TESTS_COLLECTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
