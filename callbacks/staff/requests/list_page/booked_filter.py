"""The filter of the list of requests by the time slot that visitors booked."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callbacks.models import CallRequest
from callbacks.scheduling import slot_places, slots
from callbacks.scheduling.slot_places import Slot
from callbacks.staff.common import formatting


class BookedFilter(admin.SimpleListFilter):
    """Filter by a time slot: the requests that hold a place in it. The page of bookings links here.

    The address has the slot as an interval of ISO 8601: 2026-06-01T07:00:00Z/2026-06-01T07:30:00Z.
    """

    title = _("time slot")
    parameter_name = "booked"

    @staticmethod
    def text(slot: Slot) -> str:
        """Return a slot as the address has it."""
        return "/".join(map(slots.spelled, slot))

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the slot in the address, so that the page names it. No other can be chosen."""
        text = request.GET.get(self.parameter_name, "")
        slot = _read(text)
        if slot is None:
            return []
        end = timezone.localtime(slot.end)
        return [(text, f"{formatting.moment(slot.start)}\N{EN DASH}{end:%H:%M}")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CallRequest]
    ) -> QuerySet[CallRequest]:
        slot = _read(self.value() or "")
        if slot is None:
            return queryset
        booked = CallRequest.objects.filter(
            slot_start=slot.start, slot_end=slot.end, status__in=slot_places.HOLDING
        )
        # The subquery finds them by the slot; otherwise the list would read all from the newest.
        return queryset.filter(pk__in=booked.order_by().values("pk"))


def _read(text: str) -> Slot | None:
    """Return the slot that `text` means, or None if it is another kind of text."""
    try:
        start, end = map(slots.read_when, text.split("/"))
    except ValueError:
        return None
    return Slot(start, end) if isinstance(start, datetime) and isinstance(end, datetime) else None
