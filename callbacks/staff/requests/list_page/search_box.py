"""The search box of the list of requests, which sends its text by POST."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from callbacks.core import clock
from callbacks.staff.common import look_ups
from callbacks.staff.common.formatting import day
from callbacks.staff.requests.list_page import last_digits, search
from callbacks.staff.requests.list_page.filters import a_day
from callbacks.staff.requests.list_page.last_digits import LastDigits


@dataclass(frozen=True)
class NoHit:
    """What the list shows if nothing was found.

    `example` shows how to type two digits and a day.
    """

    typed: str
    sentence: str
    example: str


def look_up(request: HttpRequest) -> HttpResponse | NoHit:
    """Redirect to the list with a reference in place of the text, or return that nothing fits.

    The filters in the address stay; the page number does not. The caller has checked that the
    person may see requests.
    """
    typed = request.POST.get("q", "")[: search.MAX_LENGTH].replace("\0", "").strip()
    query = request.GET.copy()
    for name in ("q", "p", "e"):
        query.pop(name, None)
    if not typed:
        return _to_list(request, query)
    by_digits = last_digits.read(typed, _filtered_day(request))
    try:
        if by_digits or search.is_look_up(typed):
            look_ups.count(request.user)
    except look_ups.TooManyLookUps as refused:
        messages.warning(request, refused.sentence)
        return _to_list(request, query)
    reference = None if by_digits and len(by_digits.digits) == 2 else search.reference_to(typed)
    if reference is None and by_digits:
        reference = search.reference_to_requests(last_digits.found(by_digits, request.user))
        if by_digits.day_is_typed:
            query.pop("created_at_from", None)
            query.pop("created_at_to", None)
    if reference is None:
        return NoHit(typed, _sentence(request, by_digits), _example())
    query["q"] = reference
    return _to_list(request, query)


def _to_list(request: HttpRequest, query: QueryDict) -> HttpResponse:
    """Redirect to the list with this query."""
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}" if query else request.path)


def _filtered_day(request: HttpRequest) -> date | None:
    """Return the day that the list is filtered by, if it is a single day."""
    first, last = (a_day(request.GET.get(f"created_at_{end}")) for end in ("from", "to"))
    return first if first == last else None


def _sentence(request: HttpRequest, by_digits: LastDigits | None) -> str:
    """Return the sentence that says why nothing was found."""
    if by_digits is None:
        return _("No request was found for what you typed.")
    if not last_digits.may_search(request.user, by_digits):
        return _("Search by the last two digits only: your account may not see numbers.")
    return _("No request of %(day)s has a number that ends in %(digits)s.") % {
        "day": day(by_digits.day),
        "digits": by_digits.digits,
    }


def _example() -> str:
    """Return an example of what can be typed: "62 11/24/2026"."""
    today = timezone.localdate(clock.now())
    return f"62 {formats.date_format(today, 'SHORT_DATE_FORMAT')}"
