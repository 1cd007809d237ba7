"""Rows for tests: valid ones, each different, with what a test wants different."""

import itertools
from typing import Any

from callbacks.core import clock
from callbacks.models import CallRequest, Widget
from tests.support.forms import form_token_for, post_form

__all__ = ["form_token_for", "make_request", "make_widget", "post_form"]

_counter = itertools.count(1)


def make_widget(**fields: Any) -> Widget:
    """A widget that calls French numbers."""
    number = next(_counter)
    return Widget.objects.create(
        **{"name": f"Widget {number}", "originate": f"scenario-{number}"} | fields
    )


def make_request(**fields: Any) -> CallRequest:
    """A request that is due now."""
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
    # A time ahead is one that somebody chose.
    defaults["is_scheduled"] = fields.get("due_at", now) > now
    return CallRequest.objects.create(**defaults | fields)
