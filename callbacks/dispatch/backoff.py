"""How long until the next try."""

import random
from datetime import timedelta

FIRST = 2.0
LONGEST = 60.0

_random = random.SystemRandom()


def delay(tries: int) -> timedelta:
    """The wait after the `tries`-th try that came to nothing (1 for the first).

    Doubles from 2 s to 60 s. Jitter takes up to half of it away, so that what failed together
    does not come back together.
    """
    full = min(FIRST * 2 ** min(max(tries - 1, 0), 16), LONGEST)
    return timedelta(seconds=full * _random.uniform(0.5, 1))
