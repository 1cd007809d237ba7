"""The past of a request's number: earlier requests, refusals, the block list."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from callbacks.abuse import block_list
from callbacks.lifecycle import transitions
from callbacks.models import CallRequest, Move, Refusal

DAY, MONTH = timedelta(days=1), timedelta(days=30)
# More than any limit allows, even with the retries by staff.
MOST_COUNTED = 1000


@dataclass(frozen=True)
class CallerHistory:
    """How often the number made requests and was refused, and whether it is blocked."""

    today: int = 0
    month: int = 0
    ever: int = 0
    refused_today: int = 0
    is_blocked: bool = False


def of(call_request: CallRequest, now: datetime) -> CallerHistory:
    """Return the past of the number of `call_request`.

    The number is found by its hash, so an erased request has no past. Three queries.
    """
    if not call_request.number_hash:
        return CallerHistory()
    same = CallRequest.objects.filter(number_hash=call_request.number_hash).order_by()
    counts = same.aggregate(
        today=Count("pk", filter=Q(created_at__gt=now - DAY)),
        month=Count("pk", filter=Q(created_at__gt=now - MONTH)),
        ever=Count("pk"),
    )
    refused = Refusal.objects.filter(minute__gt=now - DAY, number_hash=call_request.number_hash)
    return CallerHistory(
        **counts,
        refused_today=refused.aggregate(sum=Sum("count", default=0))["sum"],
        is_blocked=block_list.is_blocked(
            number=call_request.number, email=call_request.email, address=call_request.address
        ),
    )


def counted(call_request: CallRequest) -> list[datetime]:
    """Return when the number counted towards its limits, from a day before this request.

    Each request counts, and each retry by staff. The list is empty if the number was erased. Two
    queries.
    """
    if not call_request.number_hash:
        return []
    since = call_request.created_at - DAY
    asked = CallRequest.objects.filter(number_hash=call_request.number_hash, created_at__gt=since)
    retried = Move.objects.filter(
        call_request__number_hash=call_request.number_hash,
        name=transitions.RETRY.name,
        at__gt=since,
    )
    return [
        *asked.order_by("created_at").values_list("created_at", flat=True)[:MOST_COUNTED],
        *retried.order_by("at").values_list("at", flat=True)[:MOST_COUNTED],
    ]
