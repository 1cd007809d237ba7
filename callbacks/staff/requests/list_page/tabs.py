"""The tabs above the list of requests: All, To do, Waiting, Called."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from callbacks.core import clock
from callbacks.models import CallRequest, Status
from callbacks.staff.common.paginator import BoundedPaginator
from callbacks.staff.requests.list_page.carried_filters import FILTERS, ORDER, SEARCH
from callbacks.staff.requests.list_page.filters import needs_a_person

# Parameters that a tab sets, or that would contradict it.
_OWN = frozenset({"todo", "status__exact", "reason__exact"})


@dataclass(frozen=True)
class Tab:
    """A tab above the list.

    `count` is empty if counting would cost too much, or if other filters are set.
    """

    title: str
    address: str
    count: str
    is_current: bool


def tabs(request: HttpRequest) -> list[Tab]:
    """Return the tabs. Choosing one keeps the other filters.

    It takes at most two queries.
    """
    others = {
        name: request.GET[name]
        for name in sorted((FILTERS | {SEARCH, ORDER}) - _OWN)
        if name in request.GET
    }
    chosen = {
        name: request.GET[name] for name in ("todo", "status__exact") if request.GET.get(name)
    }
    is_whole = not (others.keys() - {ORDER} or request.GET.get("reason__exact"))

    def tab(title: str, own: dict[str, str], rows: QuerySet[CallRequest] | None = None) -> Tab:
        count = "" if rows is None or not is_whole else _bounded_count(rows)
        return Tab(title, f"?{urlencode(own | others)}", count, own == chosen)

    # Both sets are small, and an index finds them by their status.
    waiting = CallRequest.objects.filter(status__in=[Status.QUEUED, Status.CALLING])
    to_do = CallRequest.objects.filter(needs_a_person(clock.now()))
    return [
        tab(pgettext("requests", "All"), {}),
        tab(_("To do"), {"todo": "person"}, to_do),
        tab(_("Waiting"), {"todo": "waiting"}, waiting),
        tab(pgettext("requests", "Called"), {"status__exact": Status.CALLED.value}),
    ]


def _bounded_count(rows: QuerySet[Any]) -> str:
    """Return the number of rows, such as "10,000+" if there are more."""
    pages = BoundedPaginator(rows, 1)
    return number_format(pages.count, force_grouping=True) + ("+" if pages.is_cut else "")
