"""The last look at a claim, right before its startcall is sent.

Between the claim and the first byte lie a name, a connection and TLS. Meanwhile the machine may
have slept, and others may have moved the request: the sweep, staff, an erasure.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from django.db import Error

from callbacks import boot_clock, clock, db, outage
from callbacks.dispatch.claim import OLDEST_CLAIM_SECONDS, Claim
from callbacks.sql import Statement

# Codes of an attempt that was not sent.
CLAIM_TOO_OLD = "claim_too_old"
TAKEN_OVER = "taken_over"
PATIENCE_OVER = "patience_over"
NO_NUMBER = "no_number"
DATABASE_AWAY = "database_away"


def at(claim: Claim) -> Callable[[], str]:
    """Return the question that is asked before each send of the claim's attempt.

    It returns a code that says why nothing may be sent, or "". The time that the attempt spends
    waiting for the service does not make the claim old, unless the machine sleeps meanwhile.
    """
    begun = time.monotonic()

    def why_not() -> str:
        oldest = OLDEST_CLAIM_SECONDS + time.monotonic() - begun
        try:
            code = _ask(claim, timedelta(seconds=oldest))
        except Error as error:
            outage.database.goes_on(error)
            return DATABASE_AWAY
        # Looked at again after the question: the database may have taken its time.
        oldest = OLDEST_CLAIM_SECONDS + time.monotonic() - begun
        if not code and boot_clock.now() - claim.begun > oldest:
            return CLAIM_TOO_OLD
        return code

    return why_not


def _ask(claim: Claim, oldest: timedelta) -> str:
    """Ask for all of it in one statement."""
    now, since = clock.in_sql(), clock.in_sql(ago=oldest)
    look = Statement(
        "SELECT request.number <> '' AND request.erased_at IS NULL,"
        " request.status = 'calling' AND request.attempts_made = attempt.number"
        " AND attempt.outcome = 'pending',"
        f" request.patience_until > {now.sql}, attempt.started_at >= {since.sql}"
        " FROM callbacks_callrequest AS request"
        " JOIN callbacks_attempt AS attempt ON attempt.request_id = request.id"
        " WHERE request.id = %s AND attempt.number = %s",
        (*now.parameters, *since.parameters, claim.request.pk, claim.attempt.number),
    )
    [found] = db.run([look])
    if not found.rows:
        return TAKEN_OVER
    [(has_number, is_mine, has_patience, is_young)] = found.rows
    if not is_mine:
        return TAKEN_OVER
    if not has_number:
        return NO_NUMBER
    if not has_patience:
        return PATIENCE_OVER
    return "" if is_young else CLAIM_TOO_OLD
