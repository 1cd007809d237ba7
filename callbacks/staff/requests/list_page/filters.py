"""The filters of the list of requests."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from callbacks.core import clock
from callbacks.models import CallRequest, Status

# After this time, people no longer expect the call, or have asked again.
FRESH = timedelta(days=1)


def needs_a_person(now: datetime) -> Q:
    """Return the condition for what waits for a decision.

    These are the uncertain requests, and those that failed in the last day. A person who deals with
    a failure retries, marks or closes the request, so it is no longer failed. Erased requests are
    left out: nothing remains to be decided.
    """
    return Q(status=Status.UNCERTAIN, erased_at=None) | failed_lately(now)


def failed_lately(now: datetime) -> Q:
    """Return the condition for what failed in the last day and was not erased."""
    return Q(status=Status.FAILED, status_at__gte=now - FRESH, erased_at=None)


class AttentionFilter(DropdownFilter):  # type: ignore[misc]
    """Filter by what staff should look at first."""

    title = _("what to do")
    parameter_name = "todo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("person", _("Needs attention")),
            ("failed", _("Failed in the last 24 hours")),
            ("waiting", _("Waiting or being called")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CallRequest]
    ) -> QuerySet[CallRequest]:
        if self.value() == "person":
            return queryset.filter(needs_a_person(clock.now()))
        if self.value() == "failed":
            return queryset.filter(failed_lately(clock.now()))
        if self.value() == "waiting":
            # The subquery makes SQLite find them by the status, and not read all from the newest.
            under_way = CallRequest.objects.filter(status__in=[Status.QUEUED, Status.CALLING])
            return queryset.filter(pk__in=under_way.order_by().values("pk"))
        return queryset


class SlotFilter(admin.SimpleListFilter):
    """Filter by one hour of one weekday: "2-14" is Tuesday from 14:00 to 15:00.

    The chart of the demand links to it. It applies within the range of days, or the last 30 days.
    The query has one condition for each such hour, which the index answers.
    """

    title = _("hour of the week")
    parameter_name = "slot"
    _PATTERN = re.compile(r"([1-7])-(1?[0-9]|2[0-3])")
    MOST_DAYS = 366

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the hour in the address, so that the page names it. No other can be chosen."""
        found = self._PATTERN.fullmatch(request.GET.get("slot", ""))
        if not found:
            return []
        weekday, hour = int(found[1]), int(found[2])
        name = f"{WEEKDAYS[weekday - 1]} {hour}:00\N{EN DASH}{(hour + 1) % 24}:00"
        return [(found[0], name)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CallRequest]
    ) -> QuerySet[CallRequest]:
        found = self._PATTERN.fullmatch(self.value() or "")
        if not found:
            return queryset
        last = a_day(request.GET.get("created_at_to")) or timezone.localdate()
        first = a_day(request.GET.get("created_at_from")) or last - timedelta(days=29)
        days = [
            first + timedelta(days=number)
            for number in range(min((last - first).days + 1, self.MOST_DAYS))
        ]
        hours = Q(pk__in=[])
        for day in days:
            if day.isoweekday() == int(found[1]):
                start = timezone.make_aware(datetime.combine(day, time(int(found[2]))))
                hours |= Q(created_at__gte=start, created_at__lt=start + timedelta(hours=1))
        return queryset.filter(hours)


class DayRangeFilter(RangeDateFilter):  # type: ignore[misc]
    """Filter from one day to another, both included, in the site's time zone."""

    # The heading of unfold's template has the wrong level for screen readers (found by axe).
    template = "staff/filter_days.html"

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CallRequest]
    ) -> QuerySet[CallRequest]:
        name = self.parameter_name
        if first := a_day(self.used_parameters.get(f"{name}_from")):
            queryset = queryset.filter(**{f"{name}__gte": midnight(first)})
        if last := a_day(self.used_parameters.get(f"{name}_to")):
            queryset = queryset.filter(**{f"{name}__lt": midnight(last + timedelta(days=1))})
        return queryset


def a_day(typed: object) -> date | None:
    """Return the day that was typed, as the language writes it or as 2026-11-24.

    None if the text is no day.
    """
    try:
        day: date | None = forms.DateField(required=False).clean(typed or "")
    except ValidationError:
        return None
    # The first and the last day of the calendar cannot be converted to another time zone.
    return day if day and 1970 <= day.year <= 9000 else None


def midnight(day: date) -> datetime:
    """Return the beginning of the day in the site's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))
