"""The list of requests, which is sorted by one column."""

from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet
from django.http import HttpRequest

from callbacks.models import CallRequest
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
