"""Measure how fast the product is on this machine: what `make bench` does.

    benchmarks/run.py [NAME …] [--only NAME …] [--json FILE] [--quiet-minutes N]

Each figure is a ratio to a baseline, measured in the same run and in turn with it. A machine that
is busy with other things is slow for both. All traffic stays on the loopback.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import (
    ceilings,
    growth,
    history,
    idle,
    intake,
    latency,
    slots,
    steps,
    throughput,
    webhooks,
    whole_site,
)
from benchmarks.support import machine
from benchmarks.support.figure import Figure, table

FIGURES: dict[str, Callable[[argparse.Namespace], Iterator[Figure]]] = {
    "latency": lambda options: latency.measure(quiet_minutes=options.quiet_minutes),
    "idle": lambda options: idle.measure(),
    "site": lambda options: whole_site.measure(),
    "throughput": lambda options: throughput.measure(),
    "intake": lambda options: intake.measure(),
    "slots": lambda options: slots.measure(),
    "webhooks": lambda options: webhooks.measure(),
    "history": lambda options: history.measure(),
}
# These take minutes each, and are measured only when they are named.
APART: dict[str, Callable[[argparse.Namespace], Iterator[Figure]]] = {
    "growth": lambda options: growth.measure(),
    "ceilings": lambda options: ceilings.measure(),
    "steps": lambda options: steps.measure(),
}


def main(arguments: list[str]) -> int:
    """Print the figures; return 0 if every target was met, else 1."""
    parser = argparse.ArgumentParser(usage=__doc__, allow_abbrev=False)
    every = FIGURES | APART
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(every))
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quiet-minutes", type=float, default=0)
    options = parser.parse_args(arguments)
    chosen = options.names + options.only
    if unknown := set(chosen) - set(every):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; choose from {', '.join(every)}")
    facts = machine.described()
    begun = time.monotonic()
    figures = []
    for name in chosen or FIGURES:
        print(f"\n{name} …", flush=True)
        for figure in every[name](options):
            print(f"  {figure}", flush=True)
            figures.append(figure)
    print("\n" + ", ".join(f"{name} {value}" for name, value in facts.items()))
    print(f"{(time.monotonic() - begun) / 60:.1f} minutes\n\n{table(figures)}")
    if options.json:
        content = {"machine": facts, "figures": [figure.as_json() for figure in figures]}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    return 0 if all(figure.is_met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
