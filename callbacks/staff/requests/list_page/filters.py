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

# A failure older than this is history: whoever waited has given up or asked again.
FRESH = timedelta(days=1)


def needs_a_person(now: datetime) -> Q:
    """What waits for somebody's decision: all that is uncertain, and what failed in the last day
    (whoever deals with a failure retries, marks or closes it, and then it is no longer failed);
    nothing that was erased, for there is nothing left to decide."""
    return Q(status=Status.UNCERTAIN, erased_at=None) | failed_lately(now)


def failed_lately(now: datetime) -> Q:
    return Q(status=Status.FAILED, status_at__gte=now - FRESH, erased_at=None)


class AttentionFilter(DropdownFilter):  # type: ignore[misc]
    """By what staff are to look at first."""

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
            # By their keys, or SQLite would look for the few among all, from the newest on.
            under_way = CallRequest.objects.filter(status__in=[Status.QUEUED, Status.CALLING])
            return queryset.filter(pk__in=under_way.order_by().values("pk"))
        return queryset


class SlotFilter(admin.SimpleListFilter):
    """One hour of one weekday, such as "2-14": where the picture of the demand leads to.

    Within the days of the range filter, or the last 30. Asks for each such hour by the index.
    """

    title = _("hour of the week")
    parameter_name = "slot"
    _PATTERN = re.compile(r"([1-7])-(1?[0-9]|2[0-3])")
    MOST_DAYS = 366

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The one in the address, so that the page says so; none can be chosen here."""
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
    """From the first to the last of two days, both included, in the site's time zone."""

    # Unfold's has a heading that follows no other, which axe rightly complains about.
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
    """Return the day, typed as the language writes it or as 2026-11-24; None if it is neither."""
    try:
        day: date | None = forms.DateField(required=False).clean(typed or "")
    except ValidationError:
        return None
    # The ends of the calendar can't be moved to another time zone.
    return day if day and 1970 <= day.year <= 9000 else None


def midnight(day: date) -> datetime:
    """Return when the day begins in the site's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))
