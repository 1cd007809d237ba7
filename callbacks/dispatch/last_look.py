"""Check a claim once more, right before its startcall is sent.

Between the claim and the first byte, a name is looked up and a connection is opened. Meanwhile the
machine may have slept, and housekeeping, staff or an erasure may have moved the request.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from django.db import Error

from callbacks.call_api.codes import AttemptCode
from callbacks.core import availability, boot_clock, clock, database
from callbacks.dispatch.claim import OLDEST_CLAIM_SECONDS, SQL, Claim


def at(claim: Claim, waited: float = 0.0) -> Callable[[], str]:
    """Return the function to call before each send of the claim's attempt.

    It returns the `AttemptCode` that says why nothing may be sent, or "". The time that the attempt
    spends waiting for the service does not make the claim old, unless the machine sleeps meanwhile.
    `waited`: the seconds that it has waited already.
    """
    begun = time.monotonic() - waited

    def why_not() -> str:
        oldest = OLDEST_CLAIM_SECONDS + time.monotonic() - begun
        try:
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


def _ask(claim: Claim, oldest: timedelta) -> str:
    """Return the `AttemptCode` that says why nothing may be sent now, or "", by one statement.

    A claim older than `oldest` is too old.
    """
    look = SQL["last_look"](
        id=claim.call_request.pk,
        number=claim.attempt.number,
        now=clock.in_sql(),
        oldest_claim=clock.in_sql(ago=oldest),
    )
    found = database.execute(look)
    return str(found.rows[0][0]) if found.rows else AttemptCode.TAKEN_OVER
