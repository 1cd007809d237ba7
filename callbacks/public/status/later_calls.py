"""Say in words when a call comes that is due later: at the next opening, or in a time slot."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from callbacks.core import clock
from callbacks.lifecycle import company_changes
from callbacks.models import CallRequest
from callbacks.public.status import times
from callbacks.public.status.times import clock_time, day, moment
from callbacks.scheduling import call_time, slot_places

# A scheduled call further ahead than this is shown as scheduled; a nearer one is only the queue.
SCHEDULED_FROM = timedelta(seconds=30)


@dataclass(frozen=True)
class LaterCall:
    """When the call comes, in words and in UTC; `ends_at` is the end of its time slot.

    `is_in_doubt`: it comes only if the company does something.
    """

    title: str
    text: str
    starts_at: datetime
    ends_at: datetime | None
    is_in_doubt: bool = False


def of(call_request: CallRequest, number: str, now: datetime) -> LaterCall | None:
    """Return when the call to `number` (as it is shown) comes, or None if it is due now."""
    if outside := _outside_hours(call_request, number, now):
        return outside
    zone = call_request.widget.shown_zone
    opens_at = None
    if call_request.is_scheduled and call_request.due_at - now > SCHEDULED_FROM:
        opens_at = call_request.due_at
    elif call_request.widget.has_hours and call_request.slot_start is None:
        opens_at = call_time.next_opening(call_request.widget, str(call_request.number), now)
    if opens_at is None:
        return None
    words = {"number": number, "time": moment(opens_at, now, zone)}
    if call_request.slot_end is not None:
        text = _("We'll call %(number)s %(day)s, between %(time)s and %(end)s.")
        text += " " + _("Keep your phone close then.")
        words |= {
            "day": day(opens_at, now, zone),
            "time": clock_time(opens_at, zone),
            "end": clock_time(call_request.slot_end, zone),
        }
    elif call_request.widget.has_hours:
        text = _("We're closed now. We'll call %(number)s as soon as we open: %(time)s.")
    else:
        text = _("We'll call %(number)s at %(time)s.")
    text %= words
    title = _("Your call is scheduled")
    if by_company := _moved_by_company(call_request, now):
        title, text = _("Your call has been moved"), f"{by_company} {text}"
    return LaterCall(title, text, opens_at, call_request.slot_end)


def _outside_hours(call_request: CallRequest, number: str, now: datetime) -> LaterCall | None:
    """Say that the booked time slot is outside the hours by now; None if it is not.

    Nobody is called then, unless a member of staff confirms it. Nobody can do that for a widget
    that keeps to the legal hours for sales calls.
    """
    start, end = call_request.slot_start, call_request.slot_end
    if start is None or end is None:
        return None
    booked = CallRequest.objects.filter(slot_places.outside_hours(), pk=call_request.pk)
    if not booked.exists():
        return None
    widget, zone = call_request.widget, call_request.widget.shown_zone
    sentences = [
        _(
            "Our opening hours have changed: your call, planned %(day)s between %(time)s and "
            "%(end)s, is outside them now."
        ),
        _("We can't call %(number)s then.")
        if widget.sales_hours
        else _("We'll call %(number)s then only if our team confirms it."),
    ]
    if widget.offers_slots:
        sentences.append(_("You can choose another time."))
    words = {
        "number": number,
        "day": day(start, now, zone),
        "time": clock_time(start, zone),
        "end": clock_time(end, zone),
    }
    return LaterCall(
        _("Your call needs another time")
        if widget.sales_hours
        else _("Your call still has to be confirmed"),
        " ".join(sentences) % words,
        start,
        end,
        is_in_doubt=True,
    )


def over_closing(call_request: CallRequest, now: datetime) -> str:
    """Return the sentence that a call for now may wait for the next opening; "" if it may not."""
    widget = call_request.widget
    if not widget.waits_for_opening or not widget.has_hours:
        return ""
    periods = call_time.ahead(widget, str(call_request.number), now)
    closed = call_time.break_in_wait(widget, periods, now, call_request.patience_until)
    if closed is None:
        return ""
    zone, (closes_at, opens_at) = widget.shown_zone, closed
    return times.over_closing(clock_time(closes_at, zone), moment(opens_at, now, zone))


def _moved_by_company(call_request: CallRequest, now: datetime) -> str:
    """Return the sentence that the company moved the call, or "" if the visitor chose its time."""
    moved = company_changes.rescheduled(call_request) if call_request.is_scheduled else None
    if moved is None:
        return ""
    company = company_of(call_request)
    if moved.from_time is None:
        return _("%(company)s has moved your call.") % {"company": company}
    zone = call_request.widget.shown_zone
    return _("%(company)s has moved your call, which was planned %(day)s at %(time)s.") % {
        "company": company,
        "day": day(moved.from_time, now, zone),
        "time": clock_time(moved.from_time, zone),
    }


def cancelled_by_company(call_request: CallRequest) -> str:
    """Return the sentence that the company cancelled the call, or "" if it did not."""
    if not company_changes.is_cancelled(call_request):
        return ""
    company, start, end = company_of(call_request), call_request.slot_start, call_request.slot_end
    if start is None or end is None:
        return _("%(company)s has cancelled your request.") % {"company": company}
    zone = call_request.widget.shown_zone
    return _(
        "%(company)s has cancelled your call, which was planned %(day)s, between %(time)s and "
        "%(end)s."
    ) % {
        "company": company,
        "day": day(start, clock.now(), zone),
        "time": clock_time(start, zone),
        "end": clock_time(end, zone),
    }


def company_of(call_request: CallRequest) -> str:
    """Return the company's name, for the beginning of a sentence."""
    return call_request.widget.company_name or _("Our team")
