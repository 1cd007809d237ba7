"""What an email to the team says, in the active language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from callbacks.contact import email_addresses, number_display, shown
from callbacks.core import clock, crypto, redaction
from callbacks.models import (
    CallRequest,
    OutcomeStatus,
    Status,
    TeamMailEvent,
    TeamMailRecipient,
    Widget,
)
from callbacks.widgets import answers
from callbacks.widgets.answers import Answer

# The requests that one email describes. It only counts the others.
MOST_DESCRIBED = 20


@dataclass(frozen=True)
class Entry:
    """One request in an email: what happened, facts (name and value), and its page in the admin."""

    title: str
    facts: Sequence[tuple[str, str]]
    link: str


@dataclass(frozen=True)
class Words:
    """The subject, the requests, and a sentence about those that are not described."""

    subject: str
    entries: Sequence[Entry]
    others: str
    # What a summary says before the requests: a sentence, and figures (name and value).
    introduction: str = ""
    figures: Sequence[tuple[str, str]] = ()


def of(recipient: TeamMailRecipient, told: Sequence[tuple[TeamMailEvent, CallRequest]]) -> Words:
    """Return the words of an email about what happened, oldest first. At least one is needed."""
    return Words(
        _subject(recipient.widget, told),
        [_entry(recipient, event, call_request) for event, call_request in told[:MOST_DESCRIBED]],
        _others(len(told) - MOST_DESCRIBED),
    )


def of_digest(
    recipient: TeamMailRecipient,
    since: datetime,
    until: datetime,
    counts: Mapping[str, int],
    rated: Mapping[str, int],
    told: Sequence[tuple[TeamMailEvent, CallRequest]],
    more: int,
) -> Words:
    """Return the words of the summary of a time.

    Args:
        recipient: Who gets it.
        since: When that time began.
        until: When it ended.
        counts: How many requests were made, by their status.
        rated: How many outcomes of calls were reported, by their rating.
        told: The requests to describe: those that failed or became uncertain.
        more: How many more of these there are.
    """
    zone = recipient.widget.shown_zone
    made = _("New requests"), str(sum(counts.values()))
    by_status = [
        (str(status.label), str(counts[status])) for status in Status if counts.get(status)
    ]
    by_rating = [
        (_("Calls with the outcome “%(outcome)s”") % {"outcome": one.label}, str(rated[one]))
        for one in OutcomeStatus
        if rated.get(one)
    ]
    return Words(
        _("Daily summary: %(widget)s") % {"widget": recipient.widget.name},
        [_entry(recipient, event, call_request) for event, call_request in told],
        _others(more),
        _("From %(since)s to %(until)s.")
        % {"since": _time(since, zone), "until": _time(until, zone)},
        [made, *by_status, *by_rating],
    )


def _others(count: int) -> str:
    """Return the sentence about requests that are not described, or "" if there are none."""
    sentence = ngettext(
        "%(count)d more request is in the list of the admin.",
        "%(count)d more requests are in the list of the admin.",
        max(count, 1),
    )
    return sentence % {"count": count} if count > 0 else ""


def _subject(widget: Widget, told: Sequence[tuple[TeamMailEvent, CallRequest]]) -> str:
    if len(told) > 1:
        subject = ngettext(
            "%(count)d request: %(widget)s", "%(count)d requests: %(widget)s", len(told)
        )
        return subject % {"count": len(told), "widget": widget.name}
    [(event, _call_request)] = told
    return {
        TeamMailEvent.NEW: _("New request: %(widget)s"),
        TeamMailEvent.FAILED: _("Request failed: %(widget)s"),
        TeamMailEvent.UNCERTAIN: _("Request uncertain: %(widget)s"),
        TeamMailEvent.UNSEEN: _("Request not opened yet: %(widget)s"),
    }[event] % {"widget": widget.name}


def _entry(recipient: TeamMailRecipient, event: TeamMailEvent, call_request: CallRequest) -> Entry:
    path = reverse("admin:callbacks_callrequest_change", args=[call_request.pk])
    return Entry(
        str(event.label), list(_facts(recipient, call_request)), settings.PUBLIC_URL + path
    )


def _facts(recipient: TeamMailRecipient, call_request: CallRequest) -> Iterator[tuple[str, str]]:
    """Yield what an email says about a request: name and value."""
    zone = recipient.widget.shown_zone
    if call_request.topic:
        yield _("Topic"), call_request.topic_label
    status = call_request.get_status_display()
    if call_request.reason:
        status = f"{status} ({call_request.get_reason_display()})"
    yield _("Status"), status
    yield _("Number"), _number(recipient, call_request)
    if call_request.email:
        email = call_request.email
        yield _("Email"), email if recipient.with_contact else email_addresses.masked(email)
    yield _("Requested"), _time(call_request.created_at, zone)
    is_queued = call_request.is_scheduled and call_request.status == Status.QUEUED
    if is_queued and call_request.due_at > clock.now():
        yield _("Call planned"), _time(call_request.due_at, zone)
    for answer in answers.shown(call_request):
        yield answer.label, _answer(recipient, call_request, answer)
    if outcome := next(iter(call_request.outcomes.all()), None):
        yield _("Outcome of the call"), outcome.in_words


def _answer(recipient: TeamMailRecipient, call_request: CallRequest, answer: Answer) -> str:
    """Return an answer as this recipient may read it: one to a personal field as an email."""
    if answer.is_unreadable:
        return _("cannot be decrypted")
    if answer.is_personal and not recipient.with_contact:
        return redaction.HIDDEN
    number, email = call_request.number, call_request.email
    told = shown.text(answer.text, number=number, email=email, in_full=recipient.with_contact)
    return told or ""


def _number(recipient: TeamMailRecipient, call_request: CallRequest) -> str:
    """Return the number as this recipient may read it."""
    number = call_request.number
    if crypto.is_unreadable(number):
        return _("cannot be decrypted")
    in_full = number_display.displayed(number) if recipient.with_contact else ""
    return (in_full or number_display.masked(number)).replace(" ", "\N{NO-BREAK SPACE}")


def _time(at: datetime, zone: ZoneInfo) -> str:
    """Return a time with its day: "Monday, June 1, 09:00"."""
    here = localtime(at, zone)
    # Translators: a day, as Django's "date" filter formats it.
    day = date_format(here, pgettext("day of a call", "l, F j"))
    # Translators: a time of day, as Django's "date" filter formats it.
    return f"{day}, {date_format(here, pgettext('time of day', 'H:i'))}"
