"""Addresses of the list of requests with filters set."""

from datetime import date
from urllib.parse import urlencode

from django.urls import reverse


def requests_list(
    *, widget: int | None = None, first: date | None = None, last: date | None = None, **query: str
) -> str:
    """Return the address of the list of requests with these filters.

    Args:
        widget: The primary key of a widget.
        first: The first day on which the requests were made.
        last: The last such day.
        query: Further parameters of the list, by name.
    """
    if widget is not None:
        query["widget__id__exact"] = str(widget)
    if first is not None:
        query["created_at_from"] = first.isoformat()
    if last is not None:
        query["created_at_to"] = last.isoformat()
    address = reverse("admin:callbacks_callrequest_changelist")
    return f"{address}?{urlencode(query)}" if query else address
