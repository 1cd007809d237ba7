"""Retry all failed requests of a filtered list: the button "Retry all 10", and its page."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from callbacks.accounts.roles import may_act, may_see_requests
from callbacks.core import clock
from callbacks.models import CallRequest, ConsentEvent, Status
from callbacks.staff.requests import ask_first
from callbacks.staff.requests.actions import MOST, RETRY
from callbacks.staff.requests.list_page import carried_filters
from callbacks.staff.requests.list_page.filters import failed_lately


def is_offered(request: HttpRequest) -> bool:
    """Return whether the list shows only what needs attention or has failed.

    The unfiltered list has no such button: most people whose call failed long ago no longer expect
    it.
    """
    return may_act(request.user) and (
        request.GET.get("todo") in {"person", "failed"}
        or request.GET.get("status__exact") == Status.FAILED
    )


def failed(rows: QuerySet[CallRequest], todo: str | None) -> QuerySet[CallRequest]:
    """Return the requests of `rows` that led to no call and whose visitors still want one.

    `todo` is the list's filter by what to do.
    """
    fit = rows.filter(status=Status.FAILED, erased_at=None)
    if todo == "person":
        # That filter asks for what is uncertain or failed lately. Only the second part can be
        # failed. It is said again because a database does not see it behind the "or", and would
        # read all that ever failed.
        fit = fit.filter(failed_lately(clock.now()))
    return fit.exclude(consent_proofs__event=ConsentEvent.WITHDRAWN)


@dataclass(frozen=True)
class Button:
    """The button, and the page that it leads to."""

    label: str
    address: str


def button(number: int, query: str) -> Button | None:
    """Return the button for the list with this query, or None if nothing can be retried."""
    if not number:
        return None
    label = ngettext("Retry %(n)d", "Retry all %(n)d", number) % {"n": number}
    if number > MOST:
        label = _("Retry the oldest %(n)d") % {"n": MOST}
    return Button(label, f"{reverse('admin:callbacks_callrequest_retry_all')}?{query}")


def count(rows: QuerySet[CallRequest], todo: str | None) -> int:
    """Return the number of failed requests, at most `MOST` + 1. `todo`: see `failed`."""
    return failed(rows, todo).order_by()[: MOST + 1].count()


@require_safe
def page(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Ask before retrying the oldest failed requests of the list, at most `MOST`.

    The address holds the filters of the list. The form goes to the page of every action, which
    retries a request only if it is still as the person saw it.
    """
    if not may_see_requests(request.user) or not may_act(request.user):
        raise PermissionDenied
    query = carried_filters.cleaned(request.GET.urlencode())
    rows = carried_filters.listed(request, model_admin, query) if is_offered(request) else None
    if rows is None:
        return HttpResponseRedirect(carried_filters.list_url(query))
    todo = request.GET.get("todo")
    oldest = failed(rows, todo).select_related("widget").order_by("created_at", "pk")
    return ask_first.page(
        request,
        RETRY,
        list(oldest[:MOST]),
        back="progress",
        filters=query,
        is_cut=count(rows, todo) > MOST,
    )
