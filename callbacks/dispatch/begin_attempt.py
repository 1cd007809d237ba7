"""Begin the attempt of a request: write the claim, commit it, and look once more."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from callbacks.call_api import connected_service
from callbacks.core import boot_clock, clock, crypto, database, process_identity, queries
from callbacks.core.queries import Together
from callbacks.core.statements import Statement
from callbacks.dispatch import last_look
from callbacks.dispatch.claimed import Claim, Look
from callbacks.lifecycle import worker_moves
from callbacks.models import CallRequest
from callbacks.scheduling.due import times

# What is done while PostgreSQL writes a claim and commits it: open the connection to the call
# service. It gets the attempt's deadline, a value of the boot clock, and must not raise. Nothing
# may be sent before the claim is committed. On SQLite, nothing is done meanwhile.
Connect = Callable[[float], object]

SQL = queries.load(__file__, "claim.sql")
CLAIM = Together("begin_attempt", SQL["claim"], SQL["add_attempt"], SQL["add_move"])


def begin(
    call_request: CallRequest,
    now: datetime,
    begun: float,
    attempt_seconds: float,
    connect: Connect | None,
) -> Claim | None:
    """Give the request to this worker and begin its attempt, at `now`; commit.

    The caller has locked the request, and its transaction ends here. `begun`: see `Claim`. Return
    None if the request is no longer due, or is not as it was read.
    """
    unanswered_at: float | None = None

    def open_connection(has_answer: Callable[[], bool]) -> None:
        nonlocal unanswered_at
        if connect is not None:
            connect(begun + attempt_seconds)
            opened_at = boot_clock.now()
            unanswered_at = None if has_answer() else opened_at

    found = worker_moves.claim(
        call_request,
        _statements(call_request, now, attempt_seconds),
        at=now,
        afterwards=last_look.question(call_request.pk, call_request.attempts_made + 1),
        meanwhile=open_connection,
    )
    if found is None:
        return None
    looked = Look(last_look.read(found[0]), unanswered_at) if found and unanswered_at else None
    originate = call_request.widget.originate
    return Claim(call_request, call_request.attempts_made, originate, begun, looked)


def rehearse(call_request: CallRequest) -> None:
    """Check this example and build its message, without sending anything."""
    if not crypto.is_unreadable(call_request.number, call_request.email):
        for statement in _statements(call_request, clock.UNREADABLE, 0):
            database.as_text(statement)


def _statements(
    call_request: CallRequest, now: datetime, attempt_seconds: float
) -> Sequence[Statement]:
    """Return the statements that give the request to this worker and begin its attempt."""
    return worker_moves.claim_statements(
        call_request,
        CLAIM,
        at=now,
        deadline_at=now + timedelta(seconds=attempt_seconds),
        worker=process_identity.thread_name(),
        service=connected_service.connected().host,
        **times(),
    )
