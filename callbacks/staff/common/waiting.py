"""How long requests wait for their calls. A call for later is waited for from its time on."""

from datetime import datetime

from django.db.models import Case, F, Min, Q, When

from callbacks.models import CallRequest, Status


def waits_since(call_request: CallRequest) -> datetime:
    """Return when the wait for the call began, or will begin."""
    return call_request.due_at if call_request.is_scheduled else call_request.created_at


def longest_since(now: datetime) -> datetime | None:
    """Return since when the request that has waited longest waits, or None if none waits."""
    waiting = CallRequest.objects.filter(
        Q(is_scheduled=False) | Q(due_at__lte=now), status=Status.QUEUED
    )
    since = Case(When(is_scheduled=True, then=F("due_at")), default=F("created_at"))
    found: datetime | None = waiting.aggregate(since=Min(since))["since"]
    return found
