"""The filter of the block list by whether an entry still applies."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from callbacks.core import clock
from callbacks.models import Block


class StateFilter(DropdownFilter):  # type: ignore[misc]
    """Filter the entries that are in force, or those that have ended."""

    title = gettext_lazy("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("in_force", gettext_lazy("In force")), ("ended", gettext_lazy("Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Block]) -> QuerySet[Block]:
        now = clock.now()
        if self.value() == "in_force":
            return queryset.filter(Q(until=None) | Q(until__gt=now))
        if self.value() == "ended":
            return queryset.filter(until__lte=now)
        return queryset
