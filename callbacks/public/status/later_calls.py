"""Say in words when a call comes that is due later: at the next opening, or in a time slot."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from callbacks.models import CallRequest
from callbacks.public.status.times import clock_time, day, moment
from callbacks.scheduling import call_time

# A scheduled call further ahead than this is shown as scheduled; a nearer one is only the queue.
SCHEDULED_FROM = timedelta(seconds=30)


@dataclass(frozen=True)
class LaterCall:
    """When the call comes, in words and in UTC; `ends_at` is the end of its time slot."""

    text: str
    starts_at: datetime
    ends_at: datetime | None


def of(call_request: CallRequest, number: str, now: datetime) -> LaterCall | None:
    """Return when the call to `number` (as it is shown) comes, or None if it is due now."""
    zone = zone_of(call_request)
    opens_at = None
    if call_request.is_scheduled and call_request.due_at - now > SCHEDULED_FROM:
        opens_at = call_request.due_at
    elif call_request.widget.has_hours and call_request.slot_start is None:
        periods = call_time.ahead(call_request.widget, str(call_request.number), now)
        opens_at = periods[0][0] if periods and periods[0][0] > now else None
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
    return LaterCall(text % words, opens_at, call_request.slot_end)


def zone_of(call_request: CallRequest) -> ZoneInfo | None:
    """Return the time zone in which times are shown: the widget's if it has opening hours.

    None means the site's.
    """
    widget = call_request.widget
    return ZoneInfo(widget.time_zone) if widget.has_hours else None
