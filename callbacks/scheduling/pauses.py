"""Pauses that end by themselves: that of one widget, and the stop of all calls.

A pause ends at a time that is stored with it. Everything that reads a pause compares this time with
the database's clock, so nothing has to be done for a pause to end.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Min, Q
from django.utils.translation import gettext_lazy as _

from callbacks.core import clock
from callbacks.hours import sales_hours
from callbacks.models import CallControl, OpenPeriod, Widget
from callbacks.scheduling import open_periods, slot_grid


class PauseEnd(models.TextChoices):
    """When a pause ends."""

    BY_HAND = "", _("Until a person ends it")
    HOUR = "hour", _("For one hour")
    DAY = "day", _("Until the end of the day")
    OPENING = "opening", _("Until the next opening")


def lasts(widget: Widget) -> bool:
    """Return whether the widget is paused now. The clock is read only if its pause has an end."""
    return widget.is_paused and (widget.paused_until is None or widget.is_paused_at(clock.now()))


def is_stopped(control: CallControl) -> bool:
    """Return whether all calls are stopped now. The clock is read only if the stop has an end."""
    is_for_ever = control.stopped_at is not None and control.stopped_until is None
    return is_for_ever or (control.stopped_at is not None and control.is_stopped_at(clock.now()))


def end_of(
    end: str, zone: ZoneInfo, now: datetime, opening: datetime | None = None
) -> datetime | None:
    """Return when a pause ends that begins at `now`; None if a person has to end it.

    `zone` is the time zone of the day, `opening` the next opening.

    Raises:
        ValueError: the pause would last until the next opening, and none is known.
    """
    match PauseEnd(end):
        case PauseEnd.HOUR:
            return now + timedelta(hours=1)
        case PauseEnd.DAY:
            return slot_grid.midnight(now, zone, days=1)
        case PauseEnd.OPENING:
            if opening is None:
                raise ValueError("no opening ahead")
            return opening
    return None


def begin(widget: Widget, until: datetime | None, now: datetime) -> bool:
    """Pause the widget until `until`, or until a person ends it (None).

    Return False, with nothing done, if it is paused already.
    """
    free = Widget.objects.filter(Q(is_paused=False) | Q(paused_until__lte=now), pk=widget.pk)
    return bool(free.update(is_paused=True, paused_until=until))


def finish(widget: Widget) -> bool:
    """End the pause of the widget; return False if it was not paused."""
    paused = Widget.objects.filter(pk=widget.pk, is_paused=True)
    return bool(paused.update(is_paused=False, paused_until=None))


def next_opening(widget: Widget, now: datetime) -> datetime | None:
    """Return when the widget opens next, after `now`; None if nothing is known of it.

    For a widget that keeps to the legal hours of sales calls, see `open_periods.zone_of`.
    """
    periods = open_periods.ahead(widget, open_periods.zone_of(widget, ""), now)
    return next((begin for begin, _end in periods if begin > now), None)


def first_opening(now: datetime) -> datetime | None:
    """Return when the first of all active widgets opens, after `now`; None if none is known to.

    Widgets without opening hours do not count: they are always open. Of a widget that keeps to the
    legal hours of sales calls, those of mainland France count.
    """
    coming = OpenPeriod.objects.filter(
        widget__is_active=True,
        widget__has_hours=True,
        zone__in=("", sales_hours.MAINLAND),
        starts_at__gt=now,
    )
    opening: datetime | None = coming.aggregate(first=Min("starts_at"))["first"]
    return opening
