"""The place of a request in the list it was opened from: "3 of 8", the previous, the next."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from callbacks.models import CallRequest
from callbacks.staff.requests.list_page import carried_filters

# The longest list that is read, in one query. People filter a list before they work through it.
MOST_READ = 1000


@dataclass(frozen=True)
class Neighbours:
    """The place of a request, and the addresses around it.

    `position` starts from 1. It is 0 if the request is no longer in the list, for example after an
    action. `previous` and `following` are empty at the ends of the list.
    """

    position: int
    total: int
    previous: str
    following: str
    back: str


def of(call_request: CallRequest, request: HttpRequest, model_admin: Any) -> Neighbours | None:
    """Return the place of the request in its list.

    None if the request was not opened from a filtered list, or if the list is too long.
    """
    query = carried_filters.carried(request)
    rows = carried_filters.listed(request, model_admin, query) if query else None
    if rows is None:
        return None
    keys = list(rows.values_list("created_at", "pk")[: MOST_READ + 1])
    if len(keys) > MOST_READ:
        return None
    pks = [pk for _at, pk in keys]
    if call_request.pk in pks:
        place = pks.index(call_request.pk)
        position, before, after = place + 1, place - 1, place + 1
    else:
        is_oldest_first = rows.query.order_by[0] == "created_at"
        after = sum((at < call_request.created_at) is is_oldest_first for at, _pk in keys)
        position, before = 0, after - 1

    def address(place: int) -> str:
        if not 0 <= place < len(pks):
            return ""
        page = reverse("admin:callbacks_callrequest_change", args=[pks[place]])
        return carried_filters.with_filters(page, query)

    return Neighbours(
        position, len(keys), address(before), address(after), carried_filters.list_url(query)
    )
