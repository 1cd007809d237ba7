"""What an email to a visitor says, in the active language."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from callbacks.contact import number_display
from callbacks.core import clock
from callbacks.hours import time_zones
from callbacks.models import CallRequest, MailEvent, Reason, Status
from callbacks.scheduling import call_time


@dataclass(frozen=True)
class Words:
    """The subject, and the paragraphs before the link to the request's page.

    `names_contact`: whether the email also says how to reach the company.
    """

    subject: str
    paragraphs: list[str]
    names_contact: bool = False


def of(event: MailEvent, call_request: CallRequest) -> Words:
    """Return the words of an email about an event."""
    number = number_display.masked(call_request.number).replace(" ", "\N{NO-BREAK SPACE}")
    match event:
        case MailEvent.ASKED:
            return _asked(call_request, number)
        case MailEvent.MOVED:
            return Words(
                _("Your call was moved: %(time)s") % {"time": _start(call_request)},
                [_("Your call was moved to another time."), *_when(call_request, number)],
            )
        case MailEvent.CONFIRMED:
            return Words(
                _("Your call is confirmed: %(time)s") % {"time": _start(call_request)},
                [_("Our team has confirmed your call."), *_when(call_request, number)],
            )
        case MailEvent.CANCELLED:
            return _cancelled(call_request, number)
        case MailEvent.UNCERTAIN:
            return _uncertain(number)
    return _failed(call_request, number)


def _asked(call_request: CallRequest, number: str) -> Words:
    if call_request.slot_start is not None:
        return Words(
            _("Your call is booked: %(time)s") % {"time": _start(call_request)},
            _when(call_request, number),
        )
    company = call_request.widget.company_name
    subject = (
        _("Your request for a call from %(company)s") % {"company": company}
        if company
        else _("Your request for a call")
    )
    received = _("We received your request for a call to %(number)s, on %(day)s at %(time)s.") % {
        "number": number,
        "day": _day(call_request.created_at, call_request),
        "time": _clock(call_request.created_at, call_request),
    }
    is_ahead = call_request.status == Status.QUEUED and call_request.due_at > clock.now()
    later = _when(call_request, number) if call_request.is_scheduled and is_ahead else []
    return Words(subject, [received, *later])


def _when(call_request: CallRequest, number: str) -> list[str]:
    """Return the sentences about a call that comes later: when, from which number, and the zone."""
    start, end = call_request.due_at, call_request.slot_end
    words = {
        "number": number,
        "day": _day(start, call_request),
        "time": _clock(start, call_request),
    }
    if end is not None:
        said = _("We'll call %(number)s on %(day)s, between %(time)s and %(end)s.") % {
            **words,
            "end": _clock(end, call_request),
        }
        said += " " + _("Keep your phone close then.")
    else:
        said = _("We'll call %(number)s as soon as we open: on %(day)s at %(time)s.") % words
    if caller := call_request.widget.shown_caller_number:
        said += " " + _("The call comes from %(number)s.") % {"number": caller}
    return [said, _zone_named(call_request)]


def _zone_named(call_request: CallRequest) -> str:
    """Return the sentence that names the time zone: the visitor may read the email elsewhere."""
    place = time_zones.place_of(call_request.widget.shown_zone)
    return _("Times are in the time zone of %(place)s.") % {"place": place}


def _cancelled(call_request: CallRequest, number: str) -> Words:
    by_visitor = call_request.reason == Reason.BY_VISITOR
    if call_request.slot_start is not None:
        subject = _("Your call was cancelled: %(time)s") % {"time": _start(call_request)}
    else:
        subject = _("Your request for a call was cancelled")
    first = (
        _("As you asked, we won't call %(number)s.")
        if by_visitor
        else _("Your request was cancelled. We won't call %(number)s.")
    ) % {"number": number}
    return Words(subject, [first], names_contact=not by_visitor)


def _uncertain(number: str) -> Words:
    """Return the same words as the status page of the request. They promise no call."""
    said = _(
        "We got no clear answer about your call to %(number)s. To make sure that you are never "
        "called twice, we won't try again automatically: our team will look at your request. "
        "If your phone didn't ring, you can ask for another call."
    )
    return Words(
        _("We don't know whether your phone rang"),
        [said % {"number": number}, _("If your phone rang, you don't need to do anything.")],
        names_contact=True,
    )


def _failed(call_request: CallRequest, number: str) -> Words:
    """Return the same words as the status page of the request."""
    if call_request.reason == Reason.TOO_LATE:
        title = _("We couldn't call you in time")
        said = _(
            "Sorry, we couldn't place your call soon enough after you asked. We won't call "
            "%(number)s for this request any more. You can ask for another call."
        )
    elif call_request.reason == Reason.CLOSED:
        title = _("We couldn't call you")
        said = _(
            "Sorry, our opening hours changed after you asked, and we can't call %(number)s "
            "for this request any more. You can ask for another call."
        )
    else:
        title = _("We couldn't call you")
        said = _(
            "Sorry, the call to %(number)s was refused and your phone didn't ring. Our team can "
            "see it. If the number is wrong, ask for another call."
        )
    paragraphs = [said % {"number": number}, *_next_opening(call_request)]
    return Words(title, paragraphs, names_contact=True)


def _next_opening(call_request: CallRequest) -> list[str]:
    """Return the sentences about the next opening, if the widget is closed now and opens again."""
    now = clock.now()
    opens_at = call_time.next_opening(call_request.widget, str(call_request.number), now)
    if opens_at is None:
        return []
    said = _("We're closed now, and open again on %(day)s at %(time)s.")
    words = {"day": _day(opens_at, call_request), "time": _clock(opens_at, call_request)}
    return [said % words, _zone_named(call_request)]


def _start(call_request: CallRequest) -> str:
    """Return when a later call begins: "Monday, June 1, 09:00"."""
    start = call_request.slot_start or call_request.due_at
    return f"{_day(start, call_request)}, {_clock(start, call_request)}"


def _day(at: datetime, call_request: CallRequest) -> str:
    """Return the day in words: "Monday, June 1"."""
    # Translators: a day, as Django's "date" filter formats it.
    return date_format(
        localtime(at, call_request.widget.shown_zone), pgettext("day of a call", "l, F j")
    )


def _clock(at: datetime, call_request: CallRequest) -> str:
    """Return hours and minutes."""
    # Translators: a time of day, as Django's "date" filter formats it.
    return date_format(
        localtime(at, call_request.widget.shown_zone), pgettext("time of day", "H:i")
    )
