"""Check a claim once more, right before its startcall is sent.

Between the claim and the first byte, a name is looked up and a connection is opened. Meanwhile the
machine may have slept, and housekeeping, staff or an erasure may have moved the request.

On PostgreSQL, the connection is opened while the claim is committed, and the same message looks
once more after the commit. If the connection was open before this was answered, and only a moment
has passed since then, this look counts as the last one.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from django.db import Error

from callbacks.call_api.codes import AttemptCode
from callbacks.core import availability, boot_clock, clock, database, queries
from callbacks.core.statements import Statement
from callbacks.dispatch.claimed import Claim

SQL = queries.load(__file__, "last_look.sql")

# A claim older than this is given up instead of sent: the machine slept, or the database hung.
OLDEST_CLAIM_SECONDS = 5.0
# How long the look that comes with a claim's commit counts, from the moment when the connection was
# open and the look not answered. The commit and the HTTP request take one to two milliseconds
# (docs/performance.md). If they take longer, one look more makes little difference.
FRESH_SECONDS = 0.005


def at(claim: Claim, waited: float = 0.0) -> Callable[[], str]:
    """Return the function to call before each send of the claim's attempt.

    It returns the `AttemptCode` that says why nothing may be sent, or "". The time that the attempt
    spends waiting for the service does not make the claim old, unless the machine sleeps meanwhile.
    `waited`: the seconds that it has waited already.
    """
    begun = time.monotonic() - waited
    looks = [claim.looked] if claim.looked else []

    def why_not() -> str:
        oldest = OLDEST_CLAIM_SECONDS + time.monotonic() - begun
        try:
            looked = looks.pop() if looks else None  # it counts for the first send alone
            if looked and boot_clock.now() - looked.since <= FRESH_SECONDS:
                code = looked.code
            else:
                code = _ask(claim, timedelta(seconds=oldest))
        except Error as error:
            availability.database.failed(error)
            return AttemptCode.DATABASE_AWAY
        # Compared again after the answer, because the database may have been slow.
        oldest = OLDEST_CLAIM_SECONDS + time.monotonic() - begun
        if not code and boot_clock.now() - claim.begun > oldest:
            return AttemptCode.CLAIM_TOO_OLD
        return code

    return why_not


def question(
    call_request_id: int, number: int, oldest: timedelta = timedelta(seconds=OLDEST_CLAIM_SECONDS)
) -> Statement:
    """Return the statement that looks at an attempt, by its number. `read` reads its result.

    A claim older than `oldest` is too old.
    """
    return SQL["last_look"](
        id=call_request_id,
        number=number,
        now=clock.moving_in_sql(),
        oldest_claim=clock.moving_in_sql(ago=oldest),
    )


def read(found: database.Done) -> str:
    """Return the `AttemptCode` that says why nothing may be sent, or ""."""
    return str(found.rows[0][0]) if found.rows else AttemptCode.TAKEN_OVER


def _ask(claim: Claim, oldest: timedelta) -> str:
    """Return the `AttemptCode` that says why nothing may be sent now, or "", by one statement."""
    asked = question(claim.call_request.pk, claim.attempt, oldest)
    return read(database.execute(asked))
