"""The page of what is booked: the time slots of today and the coming days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from callbacks.accounts.roles import may_see_requests
from callbacks.core import clock
from callbacks.models import Widget
from callbacks.scheduling import bookings
from callbacks.scheduling.slot_places import Slot
from callbacks.staff.common.pages import staff_page
from callbacks.staff.common.paginator import BoundedPaginator
from callbacks.staff.common.urls import requests_list
from callbacks.staff.requests.list_page.booked_filter import BookedFilter
from callbacks.staff.requests.list_page.filters import a_day, midnight

PER_PAGE = 100
# The most slots outside the opening hours that are shown. Changing the hours solves them together.
MOST_OUTSIDE = 50


@dataclass(frozen=True)
class BookedSlot:
    """A row of the page.

    `own_times` are the times in the widget's time zone, if that is not the site's. `places` is
    "2 of 3". `overlapping` says how many of these are taken by requests for other slots, which
    overlap this one. `address` is that of the slot's own requests in the list.
    """

    times: str
    own_times: str
    widget: str
    places: str
    overlapping: str
    states: str
    address: str
    is_overbooked: bool


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the booked slots from a day on, and first those that are outside the opening hours."""
    if not may_see_requests(request.user):
        raise PermissionDenied
    widgets = list(Widget.objects.order_by("name", "pk").values_list("pk", "name"))
    chosen = request.GET.get("widget", "")
    widget = next((pk for pk, _name in widgets if str(pk) == chosen), None)
    now = clock.now()
    today = timezone.localdate(now)
    first = a_day(request.GET.get("first")) or today
    keys = [pk for pk, _name in widgets] if widget is None else [widget]
    pages = BoundedPaginator(bookings.by_slot(keys, midnight(first)), PER_PAGE)
    shown = pages.get_page(request.GET.get("p"))
    outside = list(bookings.outside_hours(keys, now)[: MOST_OUTSIDE + 1])
    return staff_page(
        request,
        "staff/bookings.html",
        title=_("Bookings"),
        widgets=widgets,
        widget=widget,
        first=first,
        today=today,
        outside=_by_day(outside[:MOST_OUTSIDE]),
        has_more_outside=len(outside) > MOST_OUTSIDE,
        days=_by_day(shown),
        earlier=_address(widget, first, shown.number - 1) if shown.has_previous() else "",
        later=_address(widget, first, shown.number + 1) if shown.has_next() else "",
        time_zone=timezone.get_current_timezone_name(),
    )


def _address(widget: int | None, first: date, number: int) -> str:
    """Return the query of another page with the same filters."""
    query = {"widget": widget or "", "first": first.isoformat(), "p": number}
    return f"?{urlencode(query)}"


def _by_day(slots: Iterable[dict[str, Any]]) -> list[tuple[date, list[BookedSlot]]]:
    slots = list(slots)
    shown = zip(slots, bookings.places(slots), strict=True)
    by_day = groupby(shown, key=lambda pair: timezone.localdate(pair[0]["slot_start"]))
    return [(day, [_shown(one, places) for one, places in on_day]) for day, on_day in by_day]


def _shown(one: dict[str, Any], places: bookings.Places) -> BookedSlot:
    slot = Slot(one["slot_start"], one["slot_end"])
    site, own = timezone.get_current_timezone(), ZoneInfo(one["widget__time_zone"])
    times, own_times = (_times(slot, zone) for zone in (site, own))
    capacity = one["widget__slot_capacity"]
    taken, others = places
    return BookedSlot(
        times,
        "" if own_times == times else f"{own_times} {own.key}",
        one["widget__name"],
        str(taken)
        if capacity is None
        else _("%(n)d of %(capacity)d") % {"n": taken, "capacity": capacity},
        ngettext(
            "%(n)d of these is in a time slot that overlaps this one",
            "%(n)d of these are in a time slot that overlaps this one",
            others,
        )
        % {"n": others}
        if others
        else "",
        _states(one),
        requests_list(widget=one["widget"], booked=BookedFilter.text(slot)),
        capacity is not None and taken > capacity,
    )


def _times(slot: Slot, zone: Any) -> str:
    """Return when a slot begins and ends: "09:00–09:30"."""
    begin, end = (moment.astimezone(zone) for moment in slot)
    return f"{begin:%H:%M}\N{EN DASH}{end:%H:%M}"


def _states(one: dict[str, Any]) -> str:
    """Return how far the requests of a slot are: "1 waiting, 2 called"."""
    words = (
        (one["waiting"], ngettext("%(n)d waiting", "%(n)d waiting", one["waiting"])),
        (one["called"], ngettext("%(n)d called", "%(n)d called", one["called"])),
        (one["uncertain"], ngettext("%(n)d uncertain", "%(n)d uncertain", one["uncertain"])),
    )
    return ", ".join(text % {"n": n} for n, text in words if n)
