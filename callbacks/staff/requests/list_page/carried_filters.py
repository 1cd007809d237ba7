"""Carry the filters of the list from page to page, so that each page leads back to it.

Django's admin adds them to the links of a filtered list, as the parameter `_changelist_filters`.
The page of a request, the confirmations and the page that follows a retry pass them on.
"""

from copy import copy
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from callbacks.models import CallRequest

PARAMETER = "_changelist_filters"
FILTERS = frozenset(
    {
        "todo",
        "status__exact",
        "reason__exact",
        "widget__id__exact",
        "topic",
        "created_at_from",
        "created_at_to",
        "slot",
        "booked",
        "from_campaign",
        "from_page",
    }
)
SEARCH, ORDER, PAGE = "q", "o", "p"
# The longest query: a search that found 100 requests, with all filters.
MAX_LENGTH = 4000


def carried(request: HttpRequest) -> str:
    """Return the query of the list that the person comes from. It is empty without filters."""
    return cleaned(request.POST.get(PARAMETER) or request.GET.get(PARAMETER, ""))


def cleaned(query: str) -> str:
    """Return the query with only the parameters that the list knows."""
    given = QueryDict(query[:MAX_LENGTH])
    kept = {name: given[name] for name in given if name in FILTERS | {SEARCH, ORDER, PAGE}}
    return urlencode(kept)


def list_url(query: str) -> str:
    """Return the address of the list with this query."""
    address = reverse("admin:callbacks_callrequest_changelist")
    return f"{address}?{query}" if query else address


def parameter(query: str) -> str:
    """Return the query of the list as a parameter for the address of another page."""
    return urlencode({PARAMETER: query}) if query else ""


def with_filters(address: str, query: str) -> str:
    """Return the address of a page that leads back to the list as it was filtered."""
    if not query:
        return address
    return f"{address}{'&' if '?' in address else '?'}{parameter(query)}"


def listed(request: HttpRequest, model_admin: Any, query: str) -> QuerySet[CallRequest] | None:
    """Return the requests that the list shows for this query, in its order.

    None if the query is not valid.
    """
    of_list = copy(request)
    of_list.GET = QueryDict("&".join(p for p in query.split("&") if not p.startswith("p=")))
    try:
        found: QuerySet[CallRequest] = model_admin.get_changelist_instance(of_list).queryset
    except IncorrectLookupParameters:
        return None
    return found
