"""The list of requests, which is sorted by one column."""

from typing import Any

from django.conf import settings
from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet
from django.http import HttpRequest

from callbacks.models import CallOutcome, CallRequest, Status
from callbacks.scheduling import slot_places
from callbacks.staff.common.paginator import BoundedChangeList


class RequestChangeList(BoundedChangeList):
    """A list that is sorted by when the requests were made, in either direction."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[CallRequest]) -> Any:
        """Return the order that the address asks for, whatever column it numbers.

        The number of a column depends on the person: without actions, there is no column of
        checkboxes. A link from the overview or from a colleague must sort for every role.
        """
        if order := self.params.get(ORDER_VAR):
            direction = "-" if order.startswith("-") else ""
            self.params[ORDER_VAR] = f"{direction}{self.list_display.index('asked')}"
        return super().get_ordering(request, queryset)

    def get_results(self, request: HttpRequest) -> None:
        """Read the page's rows, each with the latest outcome reported of its call, if any.

        `is_outside_hours` says of each whether its time slot is outside the opening hours.
        """
        super().get_results(request)
        waiting = [
            one for one in self.result_list if one.status == Status.QUEUED and one.slot_start
        ]
        outside: set[int] = set()
        if waiting:  # looked up for this page only: a count would read the hours of every request
            rows = CallRequest.objects.filter(pk__in=[one.pk for one in waiting])
            outside = set(rows.filter(slot_places.outside_hours()).values_list("pk", flat=True))
        for row in self.result_list:
            row.is_outside_hours = row.pk in outside
        if not settings.UHLIVE_WEBHOOK_SECRET:
            return
        reported = CallOutcome.objects.filter(call_request__in=[row.pk for row in self.result_list])
        in_order = reported.order_by("received_at", "pk").only("call_request", "status")
        latest = {outcome.call_request_id: outcome for outcome in in_order}
        for row in self.result_list:
            row.last_outcome = latest.get(row.pk)
