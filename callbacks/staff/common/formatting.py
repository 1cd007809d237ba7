"""Format what the pages show: badges, times, durations, names of requests."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from callbacks.models import CallRequest, Status
from callbacks.staff.common.waiting import waits_since

# The most requests that a message names.
NAMED = 10


def badge(text: str, kind: str) -> SafeString:
    """Return a coloured label. `kind` is a status or an outcome, which `staff.css` colours."""
    return format_html('<span class="staff-badge staff-{}">{}</span>', kind, text)


def status_text(call_request: CallRequest, now: datetime) -> str:
    """Return the status in a word or two. For a queued request, say what it waits for."""
    if call_request.status == Status.QUEUED and call_request.waits_until(now):
        return _("Next attempt planned") if call_request.put_off_count else _("Scheduled")
    return call_request.get_status_display()


def status_badge(call_request: CallRequest, now: datetime) -> SafeString:
    """Return the status of a request as a coloured label."""
    return badge(status_text(call_request, now), call_request.status)


def moment(at: datetime) -> str:
    """Return a time to the minute, in the site's time zone: "24 Nov. 2026 14:03"."""
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")


def second(at: datetime) -> str:
    """Return a time to the second, in the site's time zone: "24 Nov. 2026 14:03:07"."""
    return f"{moment(at)}:{timezone.localtime(at):%S}"


def day(day: date) -> str:
    """Return a day as the language writes it: "24 Nov. 2026"."""
    return formats.date_format(day, "DATE_FORMAT")


def minute_after(at: datetime) -> str:
    """Return the first whole minute after a time, on the site's clock: "14:04"."""
    return f"{timezone.localtime(at) + timedelta(minutes=1):%H:%M}"


def duration(time: timedelta) -> str:
    """Return a duration in its two largest units: "4 min 05 s"."""
    seconds = max(int(time.total_seconds()), 0)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return _("%(d)d d %(h)d h") % {"d": days, "h": hours}
    if hours:
        return _("%(h)d h %(m)02d min") % {"h": hours, "m": minutes}
    if minutes:
        return _("%(m)d min %(s)02d s") % {"m": minutes, "s": seconds}
    return _("%(s)d s") % {"s": seconds}


def percent(share: float) -> str:
    """Return a share as the language writes it: 0.25 is "25%" or "25 %"."""
    return _("%(n)d%%") % {"n": round(100 * share)}


def wait(call_request: CallRequest, now: datetime) -> str:
    """Return how long the visitor waited for the call, or has been waiting.

    It is empty if no call will come, or if the call is for later.
    """
    since = waits_since(call_request)
    if call_request.status == Status.CALLED:
        return duration(call_request.status_at - since)
    is_for_later = call_request.is_scheduled and since > now
    if is_for_later or call_request.status in {Status.FAILED, Status.CANCELLED}:
        return ""
    return _("%(duration)s so far") % {"duration": duration(now - since)}


def names(requests: Sequence[CallRequest]) -> str:
    """Return the requests as a list for a message: "7KQ2…, 9XAP… and 3 more"."""
    text = ", ".join(str(call_request) for call_request in requests[:NAMED])
    more = len(requests) - NAMED
    if more <= 0:
        return text
    return ngettext("%(names)s and %(n)d more", "%(names)s and %(n)d more", more) % {
        "names": text,
        "n": more,
    }
