"""The page that follows requests that were retried together."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Min, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from callbacks.accounts.roles import may_see_requests
from callbacks.lifecycle import transitions
from callbacks.models import CallRequest, Move, Status
from callbacks.staff.common import background
from callbacks.staff.common.formatting import status_badge
from callbacks.staff.common.pages import staff_page
from callbacks.staff.requests.list_page import carried_filters

# The longest distance between the two moves. Other moves, of other requests, stand in between.
WIDEST = 100_000
# The most requests that the page lists by name.
NAMED = 50


def address(requests: Sequence[CallRequest]) -> str:
    """Return the address of the page for these requests, which have just been retried."""
    moves = Move.objects.filter(name=transitions.RETRY.name, call_request__in=requests)
    latest = moves.order_by().values("call_request").annotate(latest=Max("pk")).values("latest")
    ends = Move.objects.filter(pk__in=latest).aggregate(first=Min("pk"), last=Max("pk"))
    return reverse("admin:callbacks_callrequest_retried", args=[ends["first"], ends["last"]])


@require_safe
def page(request: HttpRequest, first: int, last: int) -> HttpResponse:
    """Show how many of the requests are called by now, and how many wait.

    The address names the first and the last move of the retry, by their primary keys. Five queries.
    """
    if not may_see_requests(request.user):
        raise PermissionDenied
    if not 0 <= last - first <= WIDEST or last >= 2**63:
        raise Http404
    started = Move.objects.filter(pk=first, name=transitions.RETRY.name).select_related("person")
    begun = started.first()
    if begun is None:
        raise Http404
    retried = _retried(first, last, begun.person_id)
    counts = dict(retried.order_by().values_list("status").annotate(Count("pk")))
    total = sum(counts.values())
    waiting = counts.get(Status.QUEUED, 0) + counts.get(Status.CALLING, 0)
    filters = carried_filters.carried(request)
    wrong = list(
        retried.filter(status__in=[Status.FAILED, Status.UNCERTAIN]).order_by("pk")[:NAMED]
    )
    # Uncertain requests outside this retry, about which the person decides next.
    others = CallRequest.objects.filter(status=Status.UNCERTAIN, erased_at=None).exclude(
        pk__in=[one.pk for one in wrong]
    )
    now = timezone.now()
    part = "staff/_progress.html" if background.is_refresh(request) else "staff/progress.html"
    return staff_page(
        request,
        part,
        title=_("Retried together"),
        opts=CallRequest._meta,
        begun=begun,
        total=total,
        over=total - waiting,
        waiting=waiting,
        counts=[(status, counts.get(status, 0)) for status in Status if counts.get(status)],
        list_url=carried_filters.list_url(filters),
        wrong=[(one, status_badge(one, now)) for one in wrong],
        uncertain=list(others.order_by("created_at", "pk")[:NAMED]),
        filters=carried_filters.parameter(filters),
        uncertain_filters=carried_filters.parameter("status__exact=uncertain"),
    )


def _retried(first: int, last: int, person: int | None) -> QuerySet[CallRequest]:
    """Return the requests that this person retried between the two moves."""
    moves = Move.objects.filter(
        pk__gte=first, pk__lte=last, name=transitions.RETRY.name, person=person
    )
    return CallRequest.objects.filter(pk__in=moves.values("call_request"))
