"""Say which change of a request is which event, and write it into the outbox.

The statements go into the message that makes the change (`events.sql`), so an event is neither lost
nor told of a change that was not made, and it costs no round trip to the database.
"""

from collections.abc import Mapping
from datetime import datetime

from callbacks.core import clock, database, queries
from callbacks.core.statements import Statement
from callbacks.models import CallRequest, Status, WebhookEvent

SQL = queries.load(__file__, "events.sql")

# The event of each move that has one, by the name of the move (`lifecycle.transitions`). The others
# are steps on the way to one: a claim, and a call that waits for its next try.
EVENTS: Mapping[str, WebhookEvent] = {
    "accept": WebhookEvent.CALLED,
    "late_accept": WebhookEvent.CALLED,
    "mark_called": WebhookEvent.CALLED,
    "refuse": WebhookEvent.FAILED,
    "expire": WebhookEvent.FAILED,
    "expire_closed": WebhookEvent.FAILED,
    "mark_uncertain": WebhookEvent.UNCERTAIN,
    "set_aside": WebhookEvent.UNCERTAIN,
    "hold": WebhookEvent.UNCERTAIN,
    "cancel": WebhookEvent.CANCELLED,
    "close": WebhookEvent.CANCELLED,
    "reschedule": WebhookEvent.SCHEDULED,
    "confirm": WebhookEvent.SCHEDULED,
    "retry": WebhookEvent.SCHEDULED,
}


def of_form(public_id: str) -> Statement:
    """Return the statement that tells of a new request, once that is added."""
    return SQL["add_for_form"](public_id=public_id)


def of_move(
    move: str, pk: int, status: Status | str, attempts_made: int, at: datetime | Statement
) -> list[Statement]:
    """Return the statement that tells of a move, in a list; an empty list if no event tells of it.

    `status` and `attempts_made` are those of the row when the statement is executed.
    """
    if move not in EVENTS:
        return []
    return [_of_request(EVENTS[move], pk, status, attempts_made, at)]


def tell_outcome(call_request: CallRequest) -> None:
    """Tell that an outcome was reported. Call it in the transaction that stores the outcome."""
    _tell(WebhookEvent.OUTCOME, call_request)


def tell_erased(call_request: CallRequest) -> None:
    """Tell that a person's data was erased. Call it in the transaction of the erasure.

    Whoever was given the data must be told (GDPR, article 19).
    """
    _tell(WebhookEvent.ERASED, call_request)


def _tell(event: WebhookEvent, call_request: CallRequest) -> None:
    """Write an event about a request that is locked."""
    database.execute(
        _of_request(
            event, call_request.pk, call_request.status, call_request.attempts_made, clock.now()
        )
    )


def _of_request(
    event: WebhookEvent,
    pk: int,
    status: Status | str,
    attempts_made: int,
    at: datetime | Statement,
) -> Statement:
    return SQL["add_for_request"](
        event=event, id=pk, status=str(status), attempts_made=attempts_made, at=at
    )
