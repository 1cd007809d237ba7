"""Find what the company did with a call that the visitor expects, so that their page can say it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from callbacks.accounts import audit_log
from callbacks.lifecycle import transitions
from callbacks.models import Actor, AuditEntry, CallRequest

_BY_COMPANY = (Actor.STAFF, Actor.API_KEY)
# The entry in the audit trail is written in the transaction of the move, right after it.
_SAME_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True)
class Rescheduled:
    """The company moved the call; `from_time` is when it was due before, if that is still known."""

    from_time: datetime | None


def rescheduled(call_request: CallRequest) -> Rescheduled | None:
    """Return how the company moved the call to its time; None if it did not, or not last."""
    moves = call_request.moves.filter(name=transitions.RESCHEDULE.name)
    move = moves.order_by("-pk").first()
    if move is None or move.actor not in _BY_COMPANY:
        return None
    entries = AuditEntry.objects.filter(
        action=audit_log.RESCHEDULE,
        at__range=(move.at - _SAME_MOMENT, move.at + _SAME_MOMENT),
        object_type=CallRequest._meta.label_lower,
        object_id=call_request.pk,
    )
    entry = entries.order_by("-pk").first()
    from_time = entry.facts.get("moved_from") if entry else None
    return Rescheduled(datetime.fromisoformat(from_time) if from_time else None)


def is_cancelled(call_request: CallRequest) -> bool:
    """Return whether the company cancelled the call while it waited.

    A failed or uncertain request that staff have closed has the same status, but no call was to
    come any more.
    """
    moves = call_request.moves.filter(name=transitions.CANCEL.name, actor__in=_BY_COMPANY)
    return moves.exists()
