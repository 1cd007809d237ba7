"""Pages of a long list, without counting all its rows."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from callbacks.staff.common.chips import StaffChangeList


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """A paginator that counts up to `MOST` rows.

    Rows beyond are found by filtering the list: reading to row 900,000 would be as slow as counting
    to it.
    """

    MOST = 10_000
    template_name = "staff/pagination.html"

    @cached_property
    def count(self) -> int:
        """Return the number of rows, at most `MOST`."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        # Without an order, the database may count by any index.
        return rows.order_by()[: self.MOST].count()

    @property
    def is_cut(self) -> bool:
        """Return whether there may be more rows than were counted."""
        return self.count >= self.MOST


class PlainPaginator(BoundedPaginator):
    """A bounded paginator that gives the number of rows without saying what they are."""

    template_name = "staff/pagination_plain.html"


class BoundedChangeList(StaffChangeList):
    """A list that states its number of rows once, below the rows."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the rows of the page. Do not count the unfiltered list."""
        super().get_results(request)
        self.full_result_count = self.result_count
