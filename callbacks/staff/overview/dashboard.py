"""The statistics of the overview: today and the last 30 days, with links to the lists."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy, pgettext_lazy

from callbacks.core import clock
from callbacks.models import Reason, Status, Widget
from callbacks.staff.common.urls import requests_list
from callbacks.staff.overview import charts, outcomes
from callbacks.staff.overview.cells import MEANING, Cell, Row, cell, shown, wait_cell, wait_shown
from callbacks.staff.overview.first_steps import NEW_UNTIL_REQUESTS, Step, first_steps
from callbacks.staff.overview.sources import sources
from callbacks.staff.requests.list_page.filters import midnight
from callbacks.stats import hourly
from callbacks.stats.hourly import Figures

DAYS = 30
DAY = timedelta(days=1)
# The most rows in the table of widgets. Others can be chosen from a menu.
MOST_WIDGETS = 25
type Hours = Mapping[datetime, Figures]

ROWS = (
    ("asked", pgettext_lazy("figures", "Asked")),
    (Status.CALLED, gettext_lazy("Called")),
    (Status.FAILED, pgettext_lazy("figures", "Failed")),
    (Status.UNCERTAIN, pgettext_lazy("figures", "Uncertain")),
    (Status.CANCELLED, pgettext_lazy("figures", "Cancelled")),
)
WAITS = (
    (0.5, gettext_lazy("Time to the call, median")),
    (0.95, gettext_lazy("Time to the call, 95th percentile")),
)


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the statistics.

    It takes six queries, whatever the number of requests: five read the hourly figures only, and
    one reads the newest requests for their campaigns, pages and topics. One more counts the
    outcomes, on a site that receives them. Three more are for the first steps, on a new site.
    """
    widgets = list(Widget.objects.order_by("name", "pk").values_list("pk", "name"))
    asked_for = request.GET.get("widget", "")
    widget = next((pk for pk, _name in widgets if str(pk) == asked_for), None)
    now = timezone.localtime(clock.now())
    today = now.date()
    first = today - (DAYS - 1) * DAY
    hours = hourly.by_hour(midnight(first), now, widget)
    yesterday = _until(hours, midnight(today - DAY), now - DAY)
    # Rounded to the hour: a part of one hour does not show among 700 hours.
    begun = hourly.floor(now - DAYS * DAY)
    month_before = hourly.total(midnight(first - DAYS * DAY), begun, widget)
    month = _until(hours, midnight(first), now)
    periods = [
        (today, _until(hours, midnight(today), now), yesterday),
        (first, month, month_before),
    ]
    as_of = hourly.as_of()
    return {
        "widgets": widgets,
        "widget": widget,
        "as_of": as_of,
        "rows": [*_rows(periods, widget, today), *outcomes.rows(widget, today, now)],
        "days": _days(hours, first, today, widget),
        "demand": _demand(hours, first, today, widget),
        "reasons": _reasons(month, widget, first, today),
        **sources(widget, first),
        "per_widget": [] if widget else _per_widget(dict(widgets), first, now),
        "more_widgets": max(len(widgets) - MOST_WIDGETS, 0),
        "hour_names": range(24),
        "time_zone": timezone.get_current_timezone_name(),
        "first_steps": [] if widget else _first_steps(request, month, month_before),
    }


def _first_steps(request: HttpRequest, month: Figures, before: Figures) -> Sequence[Step]:
    """Return the steps that are left to do, while the site is new."""
    lately = Figures.of([month, before])
    if lately["asked"] >= NEW_UNTIL_REQUESTS:
        return []
    return first_steps(request.user, called=lately[Status.CALLED], now=clock.now())


def _until(hours: Hours, start: datetime, end: datetime) -> Figures:
    """Return the sum of the hours from `start` to `end`.

    `end` may be within an hour. That hour then counts by the share of it that has passed.
    """
    total: Counter[str] = Counter()
    begun = hourly.floor(end)
    part = (end - begun) / hourly.HOUR
    now = hourly.floor(clock.now())
    for hour, row in hours.items():
        if start <= hour < begun or (hour == begun == now):
            total.update(row.counts)
        elif hour == begun:
            total.update({name: round(count * part) for name, count in row.counts.items()})
    return Figures(total)


def _rows(
    periods: Sequence[tuple[date, Figures, Figures]], widget: int | None, today: date
) -> list[Row]:
    """Return the table that compares each figure with the period before."""
    rows = []
    for name, title in ROWS:
        query = {} if name == "asked" else {"status__exact": str(name)}
        cells = [
            cell(
                now[name],
                before[name],
                requests_list(widget=widget, first=first, last=today, **query),
                more_is=MEANING.get(name, ""),
            )
            for first, now, before in periods
        ]
        rows.append(Row(str(title), str(name), cells))
    for share, title in WAITS:
        cells = [wait_cell(now.wait(share), before.wait(share)) for _f, now, before in periods]
        rows.append(Row(str(title), "", cells))
    return rows


def _days(hours: Hours, first: date, today: date, widget: int | None) -> dict[str, Any]:
    """Return the chart of the days, which is also the source of its table."""
    counts: defaultdict[date, list[Figures]] = defaultdict(list)
    for hour, row in hours.items():
        counts[timezone.localtime(hour).date()].append(row)
    days = [first + number * DAY for number in range((today - first).days + 1)]
    totals = [(day, Figures.of(counts.get(day, []))) for day in days]
    return charts.stacked(
        [
            charts.Stack(
                name=date_format(day, "D j N"),
                address=requests_list(widget=widget, first=day, last=day),
                parts=[
                    *((str(status), total[status]) for status in hourly.STATUSES),
                    ("waiting", total.waiting),
                ],
            )
            for day, total in totals
        ]
    )


def _demand(hours: Hours, first: date, today: date, widget: int | None) -> list[dict[str, Any]]:
    """Return a row for each weekday, with a cell for each hour of the day.

    A cell has the number of requests, how dark to draw it, and the link to these requests.
    """
    counts: Counter[tuple[int, int]] = Counter()
    for hour, row in hours.items():
        local = timezone.localtime(hour)
        if local.date() >= first:
            counts[local.weekday(), local.hour] += row["asked"]
    most = max(counts.values(), default=0)
    return [
        {
            "name": WEEKDAYS[weekday],
            "short": WEEKDAYS_ABBR[weekday],
            "cells": [
                {
                    "count": counts[weekday, hour],
                    "heat": charts.heat(counts[weekday, hour], most),
                    "address": requests_list(
                        widget=widget, first=first, last=today, slot=f"{weekday + 1}-{hour}"
                    ),
                }
                for hour in range(24)
            ],
        }
        for weekday in range(7)
    ]


def _reasons(month: Figures, widget: int | None, first: date, today: date) -> list[dict[str, Any]]:
    """Return the reasons of failed and uncertain requests, the most frequent first."""
    found = [
        (status, reason, month[reason])
        for status, reasons in hourly.REASONS.items()
        for reason in reasons
        if month[reason]
    ]
    most = max((count for _s, _r, count in found), default=0)
    return [
        {
            "reason": reason,
            "title": Reason(reason).label,
            "kind": str(status),
            "count": shown(count),
            "width": charts.length(count, most),
            "address": requests_list(
                widget=widget, first=first, last=today, status__exact=status, reason__exact=reason
            ),
        }
        for status, reason, count in sorted(found, key=lambda one: -one[2])
    ]


def _per_widget(names: Mapping[int, str], first: date, now: datetime) -> list[dict[str, Any]]:
    """Return a row for each widget that received requests in the 30 days.

    The busiest come first, at most `MOST_WIDGETS`.
    """
    totals = hourly.by_widget(midnight(first), now)
    busiest = sorted(totals.items(), key=lambda one: -one[1]["asked"])[:MOST_WIDGETS]
    most = max((total["asked"] for _pk, total in busiest), default=0)
    return [
        {
            "pk": pk,
            "name": names[pk],
            "cells": [
                Cell(
                    shown(total[name]),
                    requests_list(
                        widget=pk,
                        first=first,
                        last=now.date(),
                        **({} if name == "asked" else {"status__exact": str(name)}),
                    )
                    if total[name]
                    else "",
                )
                for name, _title in ROWS
            ],
            "waits": [wait_shown(total.wait(share)) for share, _title in WAITS],
            "width": charts.length(total["asked"], most),
        }
        for pk, total in busiest
        if pk in names
    ]
