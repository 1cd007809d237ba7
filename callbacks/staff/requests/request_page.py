"""What the page of one request shows."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from callbacks.accounts.roles import may_act, may_unmask
from callbacks.core import crypto
from callbacks.intake.rescheduling import is_offered
from callbacks.lifecycle.actions import withdrawn
from callbacks.lifecycle.confirming import to_confirm
from callbacks.models import CallRequest, MessageKind, Status
from callbacks.staff.common import number_in_full, unmasking
from callbacks.staff.common.formatting import status_badge, wait
from callbacks.staff.requests import caller_history
from callbacks.staff.requests.actions import CONFIRM, RETRY, STAFF_ACTIONS
from callbacks.staff.requests.history.timeline import timeline
from callbacks.staff.requests.list_page import carried_filters
from callbacks.staff.requests.list_page.topic_filter import TopicFilter
from callbacks.staff.requests.next_steps import what_next
from callbacks.widgets.answers import shown


def details(call_request: CallRequest, request: HttpRequest) -> dict[str, Any]:
    """Return the context of the page. Twelve queries, however long the history is.

    A request with a time slot takes one more, and so does one about a topic.
    """
    now, masking = timezone.now(), unmasking.of(request, call_request)
    filters = carried_filters.carried(request)
    is_withdrawn = bool(withdrawn([call_request]))
    may_be_confirmed = call_request.pk in to_confirm([call_request])
    possible = [
        action
        for action in STAFF_ACTIONS.values()
        if action.permission(request.user)
        and action.may_be_done(call_request)
        and not action.needs_note
        and not (is_withdrawn and action is RETRY)
        and not (action is CONFIRM and (is_withdrawn or not may_be_confirmed))
    ]
    return {
        "request_row": call_request,
        "shown_number": _number(call_request, masking),
        "shown_email": masking.email(call_request),
        "answers": [
            (answer.label, masking.answer(call_request, answer)) for answer in shown(call_request)
        ],
        "page_url": masking.text(call_request, call_request.page_url),
        "page_title": masking.text(call_request, call_request.page_title),
        "referrer": masking.text(call_request, call_request.referrer),
        "campaign": [
            (name, masking.text(call_request, str(value)))
            for name, value in call_request.campaign.items()
        ],
        "about_topic": _about_topic(call_request) if call_request.topic else "",
        "client_address": call_request.address if masking.is_lifted else "",
        "is_masked": not masking.is_lifted,
        "may_unmask": may_unmask(request.user) and bool(call_request.number or call_request.email),
        "status_badge": status_badge(call_request, now),
        "waits_until": call_request.waits_until(now),
        "waited": wait(call_request, now),
        "what_next": what_next(
            call_request, is_withdrawn=is_withdrawn, may_be_confirmed=may_be_confirmed
        ),
        "is_outside_hours": may_be_confirmed and call_request.status == Status.QUEUED,
        "may_act": may_act(request.user),
        "buttons": [(action, _address(action.name, call_request, filters)) for action in possible],
        "move_url": _move_address(call_request, filters)
        if may_act(request.user) and is_offered(call_request)
        else "",
        "filters": filters,
        "events": timeline(
            call_request,
            list(call_request.moves.select_related("person")),
            list(call_request.attempts.select_related("person")),
            list(call_request.notes.select_related("person")),
            list(
                call_request.consent_proofs.select_related("text", "vouched_by").defer("text__text")
            ),
            list(call_request.outcomes.all()),
            list(call_request.messages.filter(kind=MessageKind.VISITOR_MAIL)),
            caller_history.counted(call_request),
            masking,
        ),
        "repeated": caller_history.of(call_request, now),
        "same_number": _same("number", call_request),
        "same_email": _same("email", call_request),
    }


def _number(call_request: CallRequest, masking: unmasking.Masking) -> str:
    """Return the number as the session sees it. In full, it can be called and copied."""
    if masking.is_lifted and call_request.number and not crypto.is_unreadable(call_request.number):
        return number_in_full.shown(call_request.number, masking.until)
    return masking.number(call_request)


def _address(action: str, call_request: CallRequest, filters: str) -> str:
    """Return the address of an action's confirmation."""
    address = reverse("admin:callbacks_callrequest_act", args=[action])
    return carried_filters.with_filters(f"{address}?request={call_request.pk}", filters)


def _move_address(call_request: CallRequest, filters: str) -> str:
    """Return the address of the page that moves the call to another time slot."""
    address = reverse("admin:callbacks_callrequest_reschedule", args=[call_request.pk])
    return carried_filters.with_filters(address, filters)


def _same(what: str, call_request: CallRequest) -> str:
    """Return the address of the list of requests with the same "number" or "email"."""
    listing = reverse("admin:callbacks_callrequest_changelist")
    return f"{listing}?{urlencode({'q': f'{what}:{call_request.pk}'})}"


def _about_topic(call_request: CallRequest) -> str:
    """Return the address of the list of requests about the same topic."""
    listing = reverse("admin:callbacks_callrequest_changelist")
    return f"{listing}?{urlencode({TopicFilter.parameter_name: call_request.topic})}"
