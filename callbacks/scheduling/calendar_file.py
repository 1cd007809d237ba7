"""Write a booked call as a calendar file (iCalendar, RFC 5545), for the visitor's own calendar.

The event is named by the request's public ID, and contains neither the visitor's number nor a link
to their page: a calendar is often shared with colleagues or family, and the link can cancel the
call. A calendar that gets a later file of the same request updates its event, or removes it.
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from callbacks.contact import company_numbers
from callbacks.core import clock
from callbacks.models import CallRequest, Status
from callbacks.scheduling.slots import When

if TYPE_CHECKING:
    from icalendar import vCalAddress

# The moves that change what the visitor's calendar should show.
CHANGES = ("reschedule", "cancel", "close", "retry", "expire", "expire_closed", "refuse")
CONTENT_TYPE = "text/calendar; charset=utf-8"
NAME = "call.ics"


def is_offered(call_request: CallRequest) -> bool:
    """Return whether there is a file: the request has a time slot, and its details are kept."""
    return call_request.slot_start is not None and call_request.erased_at is None


def is_withdrawn(call_request: CallRequest) -> bool:
    """Return whether the call had a time slot and has none now: a calendar may still show it.

    It was moved to the next opening, or retried after its slot.
    """
    if call_request.slot_start is not None or call_request.erased_at is not None:
        return False
    if call_request.asked_for not in ("", When.OPENING):
        return True
    # From the next opening to a slot, and away from it.
    moves = call_request.moves.filter(name="reschedule")
    return call_request.is_scheduled and moves.count() > 1


def of(call_request: CallRequest) -> bytes:
    """Return the file of a request that has a time slot, or had one, in the active language.

    The event begins and ends with the slot, in UTC. If the call does not come then any more, the
    file is a cancellation: the request was cancelled, has failed, or has no time slot now.
    """
    # Few need the library, which is large.
    from icalendar import Calendar, Event  # noqa: PLC0415

    is_off = method(call_request) == "CANCEL"
    event = Event()
    event.add("uid", f"{call_request.public_id}@{urlsplit(settings.PUBLIC_URL).hostname}")
    event.add("sequence", call_request.moves.filter(name__in=CHANGES).count())
    event.add("dtstamp", clock.now())
    if call_request.slot_start is not None:
        event.add("dtstart", call_request.slot_start)
        event.add("dtend", call_request.slot_end)
    event.add("summary", _summary(call_request.widget.company_name))
    if number := call_request.widget.caller_number:
        event.add(
            "description",
            _("The call comes from %(number)s.")
            % {"number": company_numbers.shown(number, call_request.widget.allowed_regions)},
        )
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    event.add("organizer", _organizer(call_request.widget.company_name))
    calendar = Calendar()
    calendar.add("prodid", "-//Callback//Booked calls//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method(call_request))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def method(call_request: CallRequest) -> str:
    """Return what the file does (RFC 5546): PUBLISH adds or updates the event, CANCEL ends it."""
    is_off = call_request.status in {Status.CANCELLED, Status.FAILED}
    return "CANCEL" if is_off or call_request.slot_start is None else "PUBLISH"


def _summary(company: str) -> str:
    """Return the title of the event."""
    if company:
        return _("Phone call from %(company)s") % {"company": company}
    return _("The phone call that you asked for")


def _organizer(company: str) -> "vCalAddress":
    """Return the sender. RFC 5546 wants one: it is the address from which this site sends mail."""
    from icalendar import vCalAddress, vText  # noqa: PLC0415  (large)

    organizer = vCalAddress(f"mailto:{settings.DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}")
    if company:
        organizer.params["cn"] = vText(company)
    return organizer
