"""A picture of a widget's week, and the days to come that differ from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.forms import ModelForm
from django.utils import formats
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst

from callbacks.core import clock
from callbacks.hours import hours_syntax, in_words, public_holidays
from callbacks.hours.opening_hours import ALWAYS, DAY, OpeningHours, Period
from callbacks.hours.sales_hours import LEGAL_HOURS, MAINLAND
from callbacks.models import Widget
from callbacks.staff.widgets.hours.holiday_boxes import coming
from callbacks.staff.widgets.hours.reading import Reading

AHEAD = timedelta(days=90)
MOST_DAYS = 12

type Bar = tuple[int, int]
"""Where a bar begins, and its length, in minutes."""


@dataclass(frozen=True)
class Row:
    """One day of the picture. `legal` is what the law allows of `open`, if it matters."""

    name: str
    times: str
    open: list[Bar]
    legal: list[Bar]


@dataclass(frozen=True)
class Exceptional:
    """A day to come that differs from its weekday. `text` says when it is open."""

    text: str
    name: str


def of_form(form: "ModelForm[Widget]") -> dict[str, Any]:
    """Return what the template shows for what stands in the form of a widget."""
    typed = None
    if form.is_bound and "opening_hours" in form.fields:
        typed = form["opening_hours"].data
    reading = Reading(typed) if typed else None
    if reading and reading.text is None:
        return {"is_wrong": True}  # the editor says what
    return of_widget(form.instance, reading)


def of_widget(widget: Widget, reading: Reading | None = None) -> dict[str, Any]:
    """Return what the template shows for a widget, whose fields need not be valid.

    `reading` is what stands in the editor, if it has been changed.
    """
    if reading is None:
        text = widget.opening_hours
        hours = hours_syntax.read(text) if text else ALWAYS
    elif reading.text is None:
        return {"problems": reading.sentences}
    else:
        hours = reading.hours or ALWAYS
    is_sales = widget.sales_hours and widget.time_zone == MAINLAND
    return {
        "problems": [],
        "is_always": hours == ALWAYS and not widget.sales_hours,
        "rows": _rows(hours, is_sales=is_sales),
        "is_sales": is_sales,
        "exceptional": _exceptional(widget, hours, clock.now().date()),
        "months": AHEAD.days // 30,
    }


def _rows(hours: OpeningHours, *, is_sales: bool) -> list[Row]:
    rows = []
    for day in range(7):
        # What goes on after midnight is shown in the morning of the next day.
        night = [Period(0, end - DAY) for _begin, end in hours.week[day - 1] if end > DAY]
        own = [Period(begin, min(end, DAY)) for begin, end in hours.week[day]]
        is_open = [*night, *own]
        legal = _common(is_open, LEGAL_HOURS.week[day]) if is_sales else is_open
        rows.append(
            Row(
                capfirst(str(WEEKDAYS[day])),
                in_words.times(hours.week[day]),
                _bars(is_open),
                _bars(legal),
            )
        )
    return rows


def _common(some: Iterable[Period], others: Iterable[Period]) -> list[Period]:
    """Return what lies in both."""
    return [
        Period(max(one.begin, other.begin), min(one.end, other.end))
        for one in some
        for other in others
        if max(one.begin, other.begin) < min(one.end, other.end)
    ]


def _bars(periods: Iterable[Period]) -> list[Bar]:
    return [(begin, end - begin) for begin, end in periods]


def _exceptional(widget: Widget, hours: OpeningHours, today: date) -> list[Exceptional]:
    """Return the next days with hours other than those of their weekday."""
    place = widget.holidays if widget.holidays in public_holidays.places() else ""
    holidays = public_holidays.between(place, widget.holidays_off, today, today + AHEAD)
    names = {holiday.day: holiday.name for holiday in coming(place, today)}
    found = []
    for day in (today + timedelta(days=n) for n in range(AHEAD.days + 1)):
        special = hours.special_on(day, holidays)
        if special is None or special.periods == hours.week[day.weekday()]:
            continue
        name = special.name or (names.get(day, "") if day in holidays else "")
        shown = f"{WEEKDAYS[day.weekday()]} {formats.date_format(day)}"
        found.append(Exceptional(in_words.line(capfirst(shown), special.periods), name))
    return found[:MOST_DAYS]
