"""Export everything that is stored about one person, for that person (GDPR, art. 15 and 20)."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber

from callbacks.contact.e164 import Number
from callbacks.core import crypto
from callbacks.data_protection import rows_about
from callbacks.models import Block, CallRequest, OutboxMessage
from callbacks.widgets.answers import shown

EXPORTED = (
    "public_id",
    "number",
    "consumer_zone",
    "email",
    "language",
    "created_at",
    "asked_for",
    "slot_start",
    "slot_end",
    "confirmed_for",
    "status",
    "reason",
    "consent_text",
    "consent_at",
    "page_url",
    "page_title",
    "referrer",
    "campaign",
    "topic",
    "topic_label",
    "address",
    "is_verified",
    "viewed_at",
    "blocked_at",
)
OF_MESSAGE = "created_at kind channel state attempts ended_at"
OF_PROOF = "event at vouched_by__name text_sha256 claimed_at page_url digest link chain"
OF_RECIPIENT = (
    "widget__name language wants_new wants_problems wants_unseen wants_digest "
    "with_contact created_at stopped_at"
)
OF_OUTCOME = "received_at reported_at service_id status duration campaign tags"
# Exported in place of a value that no key decrypts.
UNREADABLE = _("cannot be decrypted")


def export(*, number: Number = "", email: str = "") -> dict[str, Any]:
    """Return everything that is stored about a number (E.164) or an email, for its owner.

    The result can be written as JSON: `requests`, `call_outcomes` without a request, `block_list`,
    for a number also `refusals`, and for an email also `team_emails`.
    """
    found = rows_about.requests_of(number=number, email=email).select_related(
        "widget", "offered_by"
    )
    everything: dict[str, Any] = {
        "requests": [_exported(call_request) for call_request in found.order_by("pk")]
    }
    everything["call_outcomes"] = _rows(
        rows_about.outcomes_of(number=number, email=email), OF_OUTCOME
    )
    entries = Block.objects.none()
    if number:
        entries |= rows_about.block_of(number)
    if email:
        entries |= rows_about.mail_block_of(email)
    if email:
        sent = OutboxMessage.objects.filter(team_recipient__in=rows_about.recipients_of(email))
        everything["team_emails"] = {
            "lists": _rows(rows_about.recipients_of(email), OF_RECIPIENT),
            "messages": _rows(sent, OF_MESSAGE),
        }
    everything["block_list"] = _rows(entries, "kind created_at reason until")
    if number:
        everything["refusals"] = _rows(
            rows_about.refusals_of(number), "minute widget__name kind count"
        )
    return everything


def _exported(call_request: CallRequest) -> dict[str, Any]:
    """Return a request with everything that belongs to it."""
    return {
        **{name: _plain(getattr(call_request, name)) for name in EXPORTED},
        "widget": call_request.widget.name,
        "offered_by": call_request.offered_by and call_request.offered_by.name,
        "answers": [
            {
                "field": answer.label,
                "answer": str(UNREADABLE) if answer.is_unreadable else answer.text,
            }
            for answer in shown(call_request)
        ],
        "attempts": _rows(
            call_request.attempts, "number started_at ended_at outcome http_status excerpt"
        ),
        "moves": _rows(call_request.moves, "at name from_status to_status actor reason note"),
        "notes": _rows(call_request.notes, "at text"),
        "call_outcomes": _rows(call_request.outcomes, OF_OUTCOME),
        "messages": _rows(call_request.messages, OF_MESSAGE),
        "looks": _rows(call_request.looks, "status_at at"),
        "consent": _rows(call_request.consent_proofs, OF_PROOF),
    }


def _rows(related: Any, names: str) -> list[dict[str, Any]]:
    """Return these columns of the related rows, one dictionary per row.

    `names` are the columns, separated by spaces.
    """
    return [
        {name: _plain(value) for name, value in row.items()}
        for row in related.order_by("pk").values(*names.split())
    ]


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it: numbers and times as text."""
    if crypto.is_unreadable(value):
        return str(UNREADABLE)
    if isinstance(value, PhoneNumber):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value
