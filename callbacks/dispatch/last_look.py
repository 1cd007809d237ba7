"""The last look at a claim, right before its startcall is sent.

Between the claim and the first byte lie a name, a connection and TLS. Meanwhile the machine may
have slept, and others may have moved the request: housekeeping, staff, an erasure.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from django.db import Error

from callbacks.call_api.codes import AttemptCode
from callbacks.core import availability, boot_clock, clock, database
from callbacks.dispatch.claim import OLDEST_CLAIM_SECONDS, SQL, Claim


def at(claim: Claim) -> Callable[[], str]:
    """Return the question that is asked before each send of the claim's attempt.

    It returns the `AttemptCode` that says why nothing may be sent, or "". The time that the attempt
    spends waiting for the service does not make the claim old, unless the machine sleeps meanwhile.
    """
    begun = time.monotonic()

    def why_not() -> str:
        oldest = OLDEST_CLAIM_SECONDS + time.monotonic() - begun
        try:
            code = _ask(claim, timedelta(seconds=oldest))
        except Error as error:
            availability.database.failed(error)
            return AttemptCode.DATABASE_AWAY
        # Looked at again after the question: the database may have taken its time.
        oldest = OLDEST_CLAIM_SECONDS + time.monotonic() - begun
        if not code and boot_clock.now() - claim.begun > oldest:
            return AttemptCode.CLAIM_TOO_OLD
        return code

    return why_not


def _ask(claim: Claim, oldest: timedelta) -> str:
    """Ask for all of it in one statement, of the database as it is now."""
    look = SQL["last_look"](
        id=claim.call_request.pk,
        number=claim.attempt.number,
        now=clock.in_sql(),
        oldest_claim=clock.in_sql(ago=oldest),
    )
    found = database.execute(look)
    return str(found.rows[0][0]) if found.rows else AttemptCode.TAKEN_OVER
