"""Create valid rows for tests, each different, with the fields that a test sets."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from callbacks.accounts import api_keys
from callbacks.consent.proof import Vouched
from callbacks.core import clock
from callbacks.intake import accept, submission
from callbacks.models import Attempt, CallRequest, Outcome, Scope, Status, Widget
from tests.support.forms import form_token_for, post_form

__all__ = ["form_token_for", "make_request", "make_widget", "post_form"]

_counter = itertools.count(1)


def make_widget(**fields: Any) -> Widget:
    """Create a widget that calls French numbers."""
    number = next(_counter)
    return Widget.objects.create(
        **{"name": f"Widget {number}", "originate": f"scenario-{number}"} | fields
    )


def make_request(**fields: Any) -> CallRequest:
    """Create a request that is due now."""
    number = next(_counter)
    now = clock.now()
    widget = fields.pop("widget", None) or make_widget()
    defaults = {
        "widget": widget,
        "nonce": f"nonce-{number}",
        "number": f"+336{number:08}",
        "email": f"visitor{number}@example.fr",
        "language": "fr",
        "consent_text": "Please call me about this request.",
        "consent_at": now,
        "created_at": now,
        "status_at": now,
        "due_at": now,
        "patience_until": now + widget.patience,
    }
    # A later time means that a person chose it.
    defaults["is_scheduled"] = fields.get("due_at", now) > now
    return CallRequest.objects.create(**defaults | fields)


def make_submission(widget: Widget | None = None, **fields: Any) -> submission.Submission:
    """Return a form as a visitor sends it."""
    defaults: dict[str, Any] = {
        "widget": widget or make_widget(),
        "nonce": "nonce-1",
        "number": "06 12 34 56 78",
        "email": "jo@example.fr",
        "language": "fr",
        "consent": True,
        "consent_text": "Call me about this request.",
    }
    return submission.Submission(**defaults | fields)


def accept_some(count: int = 3, widget: Widget | None = None) -> list[CallRequest]:
    """Send `count` forms to one widget, and return the requests; each has a proof of consent."""
    widget = widget or make_widget()
    source = submission.VisitSource(page_url="https://shop.example/contact")
    return [
        accept.accept(
            make_submission(
                widget,
                nonce=f"{widget.pk}-{index}",
                number=f"06123456{index:02}",
                source=source,
                address="192.0.2.7",
            )
        ).call_request
        for index in range(count)
    ]


def accept_vouched(**fields: Any) -> CallRequest:
    """Accept a request from a system of the company, which vouches for the consent."""
    key, _secret = api_keys.create("CRM of the shop", [Scope.WRITE], None)
    given_at = clock.now() - timedelta(days=3)
    vouched = Vouched(key, "Call me about my quote.", given_at)
    defaults: dict[str, Any] = {"consent_text": "", "vouched": vouched, "body_hash": "0" * 40}
    return accept.accept(make_submission(**defaults | fields)).call_request


def accept_one(index: int = 0) -> CallRequest:
    """Send a form to a new widget, and return the request."""
    source = submission.VisitSource(page_url="https://shop.example/contact")
    return accept.accept(
        make_submission(
            nonce=f"n{index}", number=f"06123456{index:02}", source=source, address="192.0.2.7"
        )
    ).call_request


def make_called(seconds: float, **fields: Any) -> CallRequest:
    """Create a request that was called `seconds` after it was made."""
    call_request = make_request(status=Status.CALLED, attempts_made=1, **fields)
    accept_attempt(call_request, call_request.created_at + timedelta(seconds=seconds), 1)
    return call_request


def accept_attempt(call_request: CallRequest, at: datetime, number: int) -> None:
    """Create the attempt `number` of the request, accepted at that time."""
    Attempt.objects.create(
        call_request=call_request,
        widget_id=call_request.widget_id,
        number=number,
        started_at=at,
        deadline_at=at,
        ended_at=at,
        worker="w",
        service="s",
        outcome=Outcome.ACCEPTED,
    )
