"""What the page of one request shows."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from callbacks import numbers
from callbacks.desk.actions import STAFF_ACTIONS
from callbacks.desk.advice import what_next
from callbacks.desk.display import status_badge, wait
from callbacks.desk.timeline import timeline
from callbacks.models import CallRequest


def details(request: CallRequest, *, may_act: bool) -> dict[str, Any]:
    """The context of the page: four queries, however much has happened."""
    now = timezone.now()
    possible = [action for action in STAFF_ACTIONS.values() if action.may_be_done(request)]
    return {
        "request_row": request,
        "shown_number": numbers.displayed(request.number),
        "status_badge": status_badge(request, now),
        "waits_until": request.due_at if request.due_at > now else None,
        "waited": wait(request, now),
        "what_next": what_next(request),
        "may_act": may_act,
        "buttons": [(action, _address(action.name, request)) for action in possible],
        "events": timeline(
            request,
            list(request.moves.select_related("person")),
            list(request.attempts.select_related("person")),
            list(request.notes.select_related("person")),
        ),
        "same_number": _same("number", request),
        "same_email": _same("email", request),
    }


def _address(action: str, request: CallRequest) -> str:
    address = reverse("admin:callbacks_callrequest_act", args=[action])
    return f"{address}?request={request.pk}"


def _same(what: str, request: CallRequest) -> str:
    """The list of all requests with the same number or email."""
    listing = reverse("admin:callbacks_callrequest_changelist")
    return f"{listing}?{urlencode({'q': f'{what}:{request.pk}'})}"
