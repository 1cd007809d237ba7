"""What SQLite and PostgreSQL do differently."""

import hashlib
from collections.abc import Iterable

from django.db import connection


def lock(keys: Iterable[str]) -> None:
    """Lets nobody else into a transaction that locks one of `keys` until this one has ended.

    To be called inside a transaction. SQLite's transactions begin immediate, so there all writers
    wait for each other anyway. The keys are taken in one order, so that two transactions never
    wait for each other.
    """
    if connection.vendor != "postgresql":
        return
    numbers = sorted(
        int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True)
        for key in set(keys)
    )
    locks = ", ".join(["pg_advisory_xact_lock(%s)"] * len(numbers))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {locks}", numbers)
