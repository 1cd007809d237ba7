"""The open periods of widgets: writing the rows, and what can be read from them.

A widget without opening hours has no rows and is always open. For a widget with hours, a moment
without a row is closed. If the widget keeps to the legal hours of sales calls, it has rows for each
time zone in which the people whom it calls may live; `zone_of` tells which rows count for a number.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Min

from callbacks.core import database, queries
from callbacks.core.statements import Statement
from callbacks.hours import hours_syntax, public_holidays, sales_hours
from callbacks.hours.opening_hours import ALWAYS, Span, in_both, open_periods
from callbacks.models import CallRequest, OpenPeriod, Status, Widget

SQL = queries.load(__file__, "open_periods.sql")

RESERVE = timedelta(days=60)
"""How far the rows reach beyond the last day on which visitors can choose a time."""
# Rows of past days are kept for the requests that were made then and still wait.
_BEFORE = timedelta(days=2)


def replace(widget: Widget, now: datetime) -> None:
    """Write the open periods that follow from a widget's hours.

    Only rows that differ are written. While it runs, no other process writes the widget.
    """
    with transaction.atomic():
        locked = Widget.objects.select_for_update(no_key=True).get(pk=widget.pk)
        until = until_when(locked, now) if locked.has_hours else None
        wanted = {
            (zone, *span): OpenPeriod(widget=locked, zone=zone, starts_at=span[0], ends_at=span[1])
            for zone, span in (_periods(locked, now) if locked.has_hours else ())
        }
        there = locked.open_periods.values_list("pk", "zone", "starts_at", "ends_at")
        stale = [
            pk
            for pk, zone, starts_at, ends_at in there
            if wanted.pop((zone, starts_at, ends_at), None) is None
        ]
        if stale:
            OpenPeriod.objects.filter(pk__in=stale).delete()
        OpenPeriod.objects.bulk_create(wanted.values(), batch_size=500)
        has_changed = bool(stale or wanted)
        columns: dict[str, object] = {"open_periods_until": until}
        if has_changed:
            columns |= {"hours_changed_at": now, "has_old_times": True}
        if has_changed or locked.open_periods_until != until:
            Widget.objects.filter(pk=locked.pk).update(**columns)
    widget.open_periods_until = until


def until_when(widget: Widget, now: datetime) -> datetime:
    """Return up to when the open periods are written that `replace` writes at `now`."""
    after_last = _last_day(widget, now) + timedelta(days=1)
    return datetime.combine(after_last, time(), widget.own_zone)


def zone_of(widget: Widget, number: str) -> str:
    """Return the zone whose open periods count for a call to `number` (E.164; "" if unknown).

    It is empty if they are the same for everybody. An unknown number counts as one of mainland
    France, if the widget may not only call numbers of another zone.
    """
    if not widget.sales_hours:
        return ""
    if number:
        return sales_hours.consumer_zone(number)
    zones = sales_hours.zones_of(widget.allowed_regions)
    return zones.pop() if len(zones) == 1 else sales_hours.MAINLAND


def ahead(widget: Widget, zone: str, moment: datetime) -> list[Span]:
    """Return the periods that end after `moment`, the earliest first. `zone` comes from `zone_of`.

    A widget without opening hours has none, and is always open.
    """
    return _spans(SQL["ahead"](widget_id=widget.pk, zone=zone, moment=moment))


def between(widget: Widget, zone: str, begin: datetime, end: datetime) -> list[Span]:
    """Return the open periods of which a part lies between `begin` and `end`, in order.

    The widget must have hours: one without them has no periods.
    """
    return _spans(SQL["between"](widget_id=widget.pk, zone=zone, begin=begin, end=end))


def _spans(statement: Statement) -> list[Span]:
    """Return the periods that the statement selects, in UTC."""
    return [
        (starts_at.replace(tzinfo=UTC), ends_at.replace(tzinfo=UTC))
        for starts_at, ends_at in database.execute(statement).rows
    ]


def _first_day(widget: Widget, now: datetime) -> date:
    """Return the first day whose rows are kept."""
    waiting = CallRequest.objects.filter(widget=widget, status=Status.QUEUED)
    oldest = waiting.aggregate(value=Min("due_at"))["value"]
    first = min(oldest or now, now)
    return max(first, now - RESERVE).astimezone(widget.own_zone).date() - _BEFORE


def _last_day(widget: Widget, now: datetime) -> date:
    today = now.astimezone(widget.own_zone).date()
    return today + timedelta(days=widget.days_ahead) + RESERVE


def _periods(widget: Widget, now: datetime) -> Iterator[tuple[str, Span]]:
    """Yield the open periods, each with its zone."""
    zone = widget.own_zone
    first, last = _first_day(widget, now), _last_day(widget, now)
    hours = hours_syntax.read(widget.opening_hours) if widget.opening_hours else ALWAYS
    holidays = public_holidays.between(widget.holidays, widget.holidays_off, first, last)
    own = open_periods(hours, zone, first, last, holidays)
    by_zone = {"": own}
    if widget.sales_hours:
        # A day more at each end, because a day begins earlier or later in other zones.
        around = first - timedelta(days=1), last + timedelta(days=1)
        by_zone = {
            name: in_both(own, sales_hours.legal_periods(name, *around))
            for name in sales_hours.ZONES
        }
    for name, spans in by_zone.items():
        yield from ((name, span) for span in spans)
