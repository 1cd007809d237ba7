"""Pages of a long list, without counting a million rows for the first."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from callbacks.staff.common.chips import StaffChangeList


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to `MOST` rows. What lies behind them is for the filters to find: reading to row
    900,000 would be as slow as counting there."""

    MOST = 10_000
    template_name = "staff/pagination.html"

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        # In no order: to read in the list's order would keep the database from other indexes.
        return rows.order_by()[: self.MOST].count()

    @property
    def is_cut(self) -> bool:
        return self.count >= self.MOST


class PlainPaginator(BoundedPaginator):
    """The same, of rows that have no name in the plural."""

    template_name = "staff/pagination_plain.html"


class BoundedChangeList(StaffChangeList):
    """The count stands once, below the list, where it can say that it is cut."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count
