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
from callbacks.core.statements import Question
from callbacks.dispatch.claim import OLDEST_CLAIM_SECONDS, Claim

# What the question is called among others.
LOOK = "look"


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
    now, since = clock.in_sql(), clock.in_sql(ago=oldest)
    look = Question(
        "SELECT CASE"
        " WHEN call_request.status <> 'calling' OR call_request.attempts_made <> attempt.number"
        f" OR attempt.outcome <> 'pending' THEN '{AttemptCode.TAKEN_OVER}'"
        " WHEN call_request.number = '' OR call_request.erased_at IS NOT NULL"
        f" THEN '{AttemptCode.NO_NUMBER}'"
        f" WHEN call_request.patience_until <= {now.sql} THEN '{AttemptCode.PATIENCE_OVER}'"
        f" WHEN attempt.started_at < {since.sql} THEN '{AttemptCode.CLAIM_TOO_OLD}'"
        " ELSE '' END"
        " FROM callbacks_callrequest AS call_request"
        " JOIN callbacks_attempt AS attempt ON attempt.call_request_id = call_request.id"
        " WHERE call_request.id = %s AND attempt.number = %s",
        (*now.parameters, *since.parameters, claim.call_request.pk, claim.attempt.number),
    )
    code: str | None = database.ask({LOOK: look})[LOOK]
    return AttemptCode.TAKEN_OVER if code is None else code
