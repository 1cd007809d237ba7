"""The filter of the list of widgets by whether they are paused now."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from callbacks.core import clock
from callbacks.models import Widget


class PausedFilter(admin.SimpleListFilter):
    """Filter by whether the widget is paused. A pause that has ended by itself does not count."""

    title = _("paused")
    parameter_name = "is_paused__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Yes")), ("0", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Widget]) -> QuerySet[Widget]:
        if self.value() not in {"1", "0"}:
            return queryset
        has_ended = Q(paused_until__isnull=False, paused_until__lte=clock.now())
        is_paused = Q(is_paused=True) & ~has_ended
        return queryset.filter(is_paused if self.value() == "1" else ~is_paused)
