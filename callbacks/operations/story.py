"""What happened to one request, line by line, for a support person. The number is hidden."""

import unicodedata
from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from callbacks.contact import email_addresses, number_display
from callbacks.core.redaction import masked_text
from callbacks.models import Attempt, CallRequest, ConsentEvent, Move, Outcome, Reason, Status


def of(call_request: CallRequest) -> Iterator[str]:
    """Yield the lines of a request's story: who asked for what, then each event in its order.

    Visitors, staff and the call service wrote parts of them. What a terminal would obey is spelled
    out.
    """
    return map(_printable, _lines(call_request))


def _printable(line: str) -> str:
    """Return the line with each control, format and separator character as its code."""
    return "".join(
        f"[U+{ord(one):04X}]"
        if unicodedata.category(one)[0] == "C" or one in "\u2028\u2029"
        else one
        for one in line
    )


def _lines(call_request: CallRequest) -> Iterator[str]:
    number = number_display.masked(call_request.number) if call_request.number else "erased"
    email = email_addresses.masked(call_request.email) if call_request.email else "none"
    yield f"Request {call_request.public_id}: {_status(call_request)}"
    yield f"Widget: {call_request.widget} ({call_request.widget.public_id})"
    if call_request.topic:
        offering = call_request.offered_by
        by = f", offered by {offering} ({offering.public_id})" if offering else ""
        yield f"Topic: {call_request.topic_label} ({call_request.topic}){by}"
    yield f"Number: {number}. Email: {email}. Language: {call_request.language}."
    if call_request.is_scheduled:
        yield f"The call is for {_time(call_request.due_at)}."
    if call_request.erased_at:
        yield f"The personal data was erased at {_time(call_request.erased_at)}."
    yield ""
    for at, line in sorted(_events(call_request), key=lambda event: event[0]):
        yield f"{_time(at)}  {line}"


def _events(call_request: CallRequest) -> Iterator[tuple[datetime, str]]:
    """Yield each event with its time, in no order."""
    by_system = call_request.consent_proofs.filter(event=ConsentEvent.VOUCHED).exists()
    asker = "A system of the company" if by_system else "The visitor"
    yield call_request.created_at, f"{asker} asked for a call."
    for move in call_request.moves.select_related("person").order_by("pk"):
        yield move.at, _move(move, call_request)
    for attempt in call_request.attempts.select_related("person").order_by("number"):
        yield attempt.started_at, f"Attempt {attempt.number} began ({attempt.worker})."
        if attempt.ended_at:
            yield attempt.ended_at, _attempt(attempt, call_request)
    for outcome in call_request.outcomes.all():
        yield outcome.received_at, f"The call service reported the outcome: {outcome.rating}."
    for note in call_request.notes.all():
        yield note.at, "Staff wrote a note, which the admin shows."


def _move(move: Move, call_request: CallRequest) -> str:
    """Return a line about a change of status."""
    who = f"{move.get_actor_display()} {move.person or ''}".strip()
    why = f", {move.get_reason_display()}" if move.reason else ""
    note = f": {_hidden(move.note, call_request)}" if move.note else ""
    change = f"{move.get_from_status_display()} → {move.get_to_status_display()}"
    return f"{change} ({move.name} by {who}{why}){note}"


def _attempt(attempt: Attempt, call_request: CallRequest) -> str:
    """Return a line about the end of an attempt: what came back, and how long it took."""
    facts = [Outcome(attempt.outcome).label, attempt.code]
    if attempt.http_status:
        facts.append(f"HTTP {attempt.http_status}")
    if attempt.duration_ms is not None:
        facts.append(f"{attempt.duration_ms} ms")
    if attempt.answers:
        facts.append(f"answers {attempt.answers}")
    words = f": {_hidden(attempt.excerpt, call_request)}" if attempt.excerpt else ""
    return f"Attempt {attempt.number} ended: {', '.join(map(str, filter(None, facts)))}{words}"


def _status(call_request: CallRequest) -> str:
    """Return the status with its reason."""
    status = Status(call_request.status).label
    return f"{status} ({Reason(call_request.reason).label})" if call_request.reason else str(status)


def _hidden(text: str, call_request: CallRequest) -> str:
    """Return a text in which the request's number and email, and all others, are hidden."""
    return masked_text(text, number=call_request.number, email=call_request.email)


def _time(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
