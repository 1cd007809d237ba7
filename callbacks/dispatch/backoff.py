"""How long a request waits before the next try."""

import random
from datetime import timedelta

# Seconds.
FIRST = 2.0
LONGEST = 60.0

_random = random.SystemRandom()


def delay(tries: int) -> timedelta:
    """Return the wait after the `tries`-th failed try in a row (1 for the first).

    The wait doubles from 2 s to 60 s. A random part, up to half of it, is then taken away: requests
    that failed together must not all come back together.
    """
    full = min(FIRST * 2 ** min(max(tries - 1, 0), 16), LONGEST)
    return timedelta(seconds=full * _random.uniform(0.5, 1))
