"""Make the call service fail for a while, by the rules of `callbacks.sandbox`."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from benchmarks.havoc.injections import Injector
from benchmarks.havoc.world import READ_TIMEOUT, World

GROUP = "service"
# Seconds. Longer than the site waits for an answer.
TOO_LONG = 2 * READ_TIMEOUT + 1

type Rules = Sequence[dict[str, Any]]


def _rule(fault: str, probability: float = 1.0, **more: Any) -> dict[str, Any]:
    return {"at": "startcall", "fault": fault, "probability": probability, **more}


def _token(fault: str, probability: float, **more: Any) -> dict[str, Any]:
    return {"at": "token", "fault": fault, "probability": probability, **more}


MOODS: dict[str, Rules] = {
    "is slow": [_rule("latency", 0.6, seconds=0.6)],
    "loses answers": [
        _rule("reset_after", 0.2),
        _rule("timeout_after", 0.2, seconds=TOO_LONG),
        _rule("garbage", 0.2),
        _rule("drip", 0.2, seconds=1),
        _rule("late_ring", 0.2, seconds=TOO_LONG),
    ],
    "rings, then says 50x": [
        _rule("503_after", 0.2, retry_after=1),
        _rule("503_after", 0.2),
        _rule("500_after", 0.2),
        _rule("502_after", 0.2),
        _rule("504_after", 0.2, retry_after=0),
    ],
    "rings, then says 408 or 425": [
        _rule("408_after", 0.4, retry_after=1),
        _rule("425_after", 0.4, retry_after=0),
    ],
    "loses requests": [
        _rule("reset_before", 0.1),
        _rule("timeout_before", 0.05, seconds=TOO_LONG),
        _rule("html_502", 0.05),
        _rule("302", 0.05),
        _rule("503", 0.1, retry_after=1),
        _rule("425", 0.05, retry_after=1),
    ],
    "throttles": [_rule("429", 0.3, retry_after=1)],
    "refuses": [_rule("422", 0.1)],
    "shows a maintenance page": [_rule("maintenance", 0.3)],
    "forgets tokens": [_rule("expire_tokens", 0.3)],
    "gives no token": [
        _rule("expire_tokens", 0.2),
        _token("503", 0.5),
        _token("401", 0.2),
        _token("timeout_before", 0.1, seconds=TOO_LONG),
    ],
    "is down": [_rule("500")],
}

# Without these, a run proves little.
DOUBTFUL = {"loses answers", "rings, then says 50x", "rings, then says 408 or 425"}

# The product assumes that these answers come before anything rings. If they come after, a phone
# rings twice. This is a separate part of the run, and counts these second rings.
ASSUMPTION: Rules = [
    _rule("429_after", 0.25, retry_after=1),
    _rule("401_after", 0.25),
    _rule("307_after", 0.25),
]


def injectors(world: World, seed: int) -> list[Injector]:
    """Return one injector for each mood."""
    chance = random.Random(seed + 3)
    return [
        Injector(
            kind=f"service {name}",
            harm=partial(_in_a_mood, world, rules, chance),
            shortest=1.0,
            longest=2.5,
            cards=2 if name in DOUBTFUL else 1,
            group=GROUP,
        )
        for name, rules in MOODS.items()
    ]


@contextmanager
def _in_a_mood(world: World, rules: Rules, chance: random.Random) -> Iterator[None]:
    world.sandbox.faults(rules, seed=chance.randrange(2**31))
    try:
        yield
    finally:
        world.sandbox.faults([])
