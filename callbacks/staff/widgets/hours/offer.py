"""What a visitor would be offered at one moment, and why: for staff who check the hours.

What is offered comes from `scheduling.offer`, as in the form. This module says it in words.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from callbacks.hours import hours_syntax, in_words, public_holidays
from callbacks.hours.opening_hours import ALWAYS, DAY
from callbacks.models import Widget
from callbacks.scheduling import call_time, offer, open_periods

SHOWN_SLOTS = 8


@dataclass(frozen=True)
class Offer:
    """The answer: whether it is open, the rules that decide it, and what can be chosen."""

    is_open: bool
    why: list[str]
    choices: list[str]
    slots: list[str] = field(default_factory=list)


def at(widget: Widget, zone: str, moment: datetime) -> Offer:
    """Return what a visitor would be offered at `moment`.

    `zone` is that of the person called, if the widget keeps to the legal hours of sales calls.
    Times are shown in the widget's time zone.
    """
    own = widget.own_zone
    offered = offer.of(widget, moment, zone=zone)
    is_shown = widget.is_active and not widget.is_paused_at(moment)
    return Offer(
        is_open=offered.is_open,
        why=_why(widget, moment.astimezone(own), is_open=offered.is_open),
        choices=_choices(widget, offered, zone, moment, own),
        slots=[_moment(slot.start, own) for slot in offered.slots[:SHOWN_SLOTS] if is_shown],
    )


def _why(widget: Widget, local: datetime, *, is_open: bool) -> list[str]:
    """Return the rules that decide whether it is open. `local` is in the widget's time zone."""
    if not widget.has_hours:
        return [_("This widget has no opening hours: calls are placed at any time.")]
    hours = hours_syntax.read(widget.opening_hours) if widget.opening_hours else ALWAYS
    today, minute = local.date(), local.hour * 60 + local.minute
    yesterday = today - timedelta(days=1)
    holidays = public_holidays.between(widget.holidays, widget.holidays_off, yesterday, today)
    night = any(begin <= minute + DAY < end for begin, end in hours.of(yesterday, holidays))
    lines = []
    for day in [yesterday, today] if night else [today]:
        special = hours.special_on(day, holidays)
        lines.append(
            capfirst(in_words.special(special))
            if special
            else in_words.line(capfirst(str(WEEKDAYS[day.weekday()])), hours.of(day))
        )
    is_in_hours = night or any(begin <= minute < end for begin, end in hours.of(today, holidays))
    if widget.sales_hours and is_in_hours and not is_open:
        lines.append(_("But the law allows no sales calls to this person at this time."))
    return lines


def _choices(
    widget: Widget, offered: offer.Offer, zone: str, moment: datetime, own: ZoneInfo
) -> list[str]:
    if not widget.is_active:
        return [_("Nothing: the widget is inactive.")]
    if widget.is_paused_at(moment):
        return [_("Nothing: the widget is paused. Visitors see the pause message.")]
    if offered.is_open:
        periods = open_periods.ahead(widget, zone, moment)
        end = call_time.wait_ends(widget, periods, moment, is_scheduled=False)
        return [_("A call now, until %(end)s at the latest.") % {"end": _moment(end, own)}]
    lines = [str(widget.get_when_closed_display())]
    if offered.opens_at is None:
        return [*lines, _("It does not open again in the time that is known.")]
    return [*lines, _("Next opening: %(time)s.") % {"time": _moment(offered.opens_at, own)}]


def _moment(moment: datetime, own: ZoneInfo) -> str:
    """Return a time with its weekday, in the widget's time zone."""
    local = moment.astimezone(own)
    return f"{WEEKDAYS[local.weekday()]} {formats.date_format(local, 'DATETIME_FORMAT')}"
