"""Build the body of a webhook from the rows as they are when it is sent.

So an erasure reaches what waits, and an endpoint never gets a number that was erased. What can be a
code is one, as in the API.
"""

import json
from datetime import UTC, datetime
from typing import Any

from callbacks.contact import shown
from callbacks.models import Alert, CallOutcome, CallRequest, OutboxMessage
from callbacks.notifications import alerts
from callbacks.widgets import answers

# What an endpoint gets if staff press the button for a test.
TEST = "webhook.test"


def of(message: OutboxMessage, *, with_contact: bool) -> bytes:
    """Return the JSON text of a message: `type`, `timestamp` (when it happened, UTC) and `data`.

    Without `with_contact`, number and email are masked, and personal answers null.
    """
    data: dict[str, Any] = {}
    if message.call_request is not None:
        data = _data(message.call_request, with_contact=with_contact)
    elif message.alert is not None:
        data = _alert(message.alert)
    body = {
        "type": message.event,
        "timestamp": _time(message.created_at),
        "data": data,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _data(call_request: CallRequest, *, with_contact: bool) -> dict[str, Any]:
    """Return what an endpoint is told about a request. The names are those of the API."""
    start, end = call_request.slot_start, call_request.slot_end

    def without_contact(text: str) -> str | None:
        number, email = call_request.number, call_request.email
        return shown.text(text, number=number, email=email, in_full=with_contact)

    return {
        "id": call_request.public_id,
        "widget": call_request.widget.public_id,
        "topic": call_request.topic or None,
        "topic_label": call_request.topic_label or None,
        "offered_by": call_request.offered_by.public_id if call_request.offered_by else None,
        "status": call_request.status,
        "reason": call_request.reason or None,
        "status_since": _time(call_request.status_at),
        "created_at": _time(call_request.created_at),
        "due_at": _time(call_request.due_at),
        "slot": {"start": _time(start), "end": _time(end)} if start and end else None,
        "number": shown.number(call_request.number, in_full=with_contact),
        "email": shown.email(call_request.email, in_full=with_contact),
        "language": call_request.language,
        "page": without_contact(call_request.page_url),
        "campaign": {name: without_contact(value) for name, value in call_request.campaign.items()},
        "fields": answers.for_systems(call_request, in_full=with_contact),
        "is_erased": call_request.erased_at is not None,
        "outcome": _outcome(call_request.outcomes.order_by("-received_at", "-pk").first()),
    }


def _alert(alert: Alert) -> dict[str, Any]:
    """Return what an endpoint is told about an alert. Its texts are in the site's language."""
    words = alerts.words(alert)
    return {
        "kind": alert.kind,
        "about": alert.about or None,
        "text": words.subject,
        "advice": words.advice,
        "admin": alerts.admin(),
    }


def _outcome(outcome: CallOutcome | None) -> dict[str, Any] | None:
    """Return the latest outcome that the call service reported, or None."""
    if outcome is None:
        return None
    return {
        "status": outcome.status or None,
        "duration": outcome.duration,
        "tags": outcome.tags,
        "reported_at": _time(outcome.reported_at) if outcome.reported_at else None,
    }


def _time(moment: datetime) -> str:
    """Return a time in RFC 3339, UTC, such as "2026-11-27T09:30:00.250000Z"."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
