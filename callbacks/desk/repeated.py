"""How often the number of a request has asked, was turned away, and whether it is blocked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from callbacks import blocks
from callbacks.models import CallRequest, Refusal

DAY, MONTH = timedelta(days=1), timedelta(days=30)


@dataclass(frozen=True)
class Repeated:
    today: int = 0
    month: int = 0
    ever: int = 0
    refused_today: int = 0
    is_blocked: bool = False


def of(request: CallRequest, now: datetime) -> Repeated:
    """By the number's fingerprint; nothing once it is erased. Three queries."""
    if not request.number_hash:
        return Repeated()
    same = CallRequest.objects.filter(number_hash=request.number_hash).order_by()
    counts = same.aggregate(
        today=Count("pk", filter=Q(created_at__gt=now - DAY)),
        month=Count("pk", filter=Q(created_at__gt=now - MONTH)),
        ever=Count("pk"),
    )
    refused = Refusal.objects.filter(minute__gt=now - DAY, number_hash=request.number_hash)
    return Repeated(
        **counts,
        refused_today=refused.aggregate(sum=Sum("count", default=0))["sum"],
        is_blocked=blocks.is_blocked(
            now, number=request.number, email=request.email, address=request.address
        ),
    )
