"""Addresses of the list of requests, filtered: what a number on a page leads to."""

from datetime import date
from urllib.parse import urlencode

from django.urls import reverse


def requests_list(
    *, widget: int | None = None, first: date | None = None, last: date | None = None, **query: str
) -> str:
    """In: a widget's primary key, the first and last day asked, and other parameters by name."""
    if widget is not None:
        query["widget__id__exact"] = str(widget)
    if first is not None:
        query["created_at_from"] = first.isoformat()
    if last is not None:
        query["created_at_to"] = last.isoformat()
    address = reverse("admin:callbacks_callrequest_changelist")
    return f"{address}?{urlencode(query)}" if query else address
