"""What the page of one request shows."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from callbacks.accounts.roles import may_act, may_unmask
from callbacks.core import crypto
from callbacks.models import CallRequest
from callbacks.staff.common import number_in_full, unmasking
from callbacks.staff.common.formatting import status_badge, wait
from callbacks.staff.requests import caller_history
from callbacks.staff.requests.actions import STAFF_ACTIONS
from callbacks.staff.requests.next_steps import what_next
from callbacks.staff.requests.timeline import timeline


def details(request: CallRequest, http: HttpRequest) -> dict[str, Any]:
    """The context of the page: ten queries, however much has happened."""
    now, view = timezone.now(), unmasking.of(http, request)
    possible = [
        action
        for action in STAFF_ACTIONS.values()
        if action.permission(http.user) and action.may_be_done(request) and not action.needs_note
    ]
    return {
        "request_row": request,
        "shown_number": _number(request, view),
        "shown_email": view.email(request),
        "page_url": view.text(request, request.page_url),
        "page_title": view.text(request, request.page_title),
        "referrer": view.text(request, request.referrer),
        "campaign": [(name, view.text(request, str(value))) for name, value in request.utm.items()],
        "client_address": request.address if view.is_lifted else "",
        "is_masked": not view.is_lifted,
        "may_unmask": may_unmask(http.user) and bool(request.number or request.email),
        "status_badge": status_badge(request, now),
        "waits_until": request.waits_until(now),
        "waited": wait(request, now),
        "what_next": what_next(request),
        "may_act": may_act(http.user),
        "buttons": [(action, _address(action.name, request)) for action in possible],
        "events": timeline(
            request,
            list(request.moves.select_related("person")),
            list(request.attempts.select_related("person")),
            list(request.notes.select_related("person")),
            list(request.consent_proofs.select_related("text").defer("text__text")),
            caller_history.counted(request),
            view,
        ),
        "repeated": caller_history.of(request, now),
        "same_number": _same("number", request),
        "same_email": _same("email", request),
    }


def _number(request: CallRequest, view: unmasking.Veil) -> str:
    """The number as staff see it: where it is shown in full, it can be called and copied."""
    if view.is_lifted and request.number and not crypto.is_unreadable(request.number):
        return number_in_full.shown(request.number, view.until)
    return view.number(request)


def _address(action: str, request: CallRequest) -> str:
    address = reverse("admin:callbacks_callrequest_act", args=[action])
    return f"{address}?request={request.pk}"


def _same(what: str, request: CallRequest) -> str:
    """The list of all requests with the same number or email."""
    listing = reverse("admin:callbacks_callrequest_changelist")
    return f"{listing}?{urlencode({'q': f'{what}:{request.pk}'})}"
