"""The numbers at the top of the overview: what waits for a person."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callbacks.accounts.roles import may_act, may_see_requests
from callbacks.core import clock
from callbacks.models import CallRequest, Status
from callbacks.staff.common.formatting import duration
from callbacks.staff.common.waiting import longest_since
from callbacks.staff.requests import retry_all
from callbacks.staff.requests.list_page.filters import failed_lately


@dataclass(frozen=True)
class Count:
    """A number of the overview, with a link to its list.

    `key` names it within the page. `kind` is the status that colours it.
    """

    key: str
    title: Promise
    value: str
    hint: Promise | str
    kind: str
    address: str
    button: retry_all.Button | None = None


def to_do(request: HttpRequest) -> list[Count]:
    """Return the counts, or nothing if the account may not see requests.

    It takes five queries, each on an index.
    """
    if not may_see_requests(request.user):
        return []
    now = clock.now()
    uncertain = CallRequest.objects.filter(status=Status.UNCERTAIN, erased_at=None).count()
    failures = CallRequest.objects.filter(failed_lately(now))
    failed = failures.count()
    waiting = CallRequest.objects.filter(status=Status.QUEUED)
    count = waiting.count()
    oldest = longest_since(now)
    return [
        Count(
            "uncertain",
            pgettext_lazy("figures", "Uncertain"),
            str(uncertain),
            _("The phone may have rung. Check, then decide."),
            _kind(uncertain, Status.UNCERTAIN),
            _list(status__exact=Status.UNCERTAIN.value),
        ),
        Count(
            "failed",
            pgettext_lazy("figures", "Failed"),
            str(failed),
            _("Not placed in the last 24 hours, and not handled yet."),
            _kind(failed, Status.FAILED),
            _list(todo="failed"),
            retry_all.button(retry_all.count(failures, "failed"), "todo=failed")
            if may_act(request.user)
            else None,
        ),
        Count(
            "waiting",
            _("Waiting"),
            str(count),
            _("Called as soon as calls are running."),
            _kind(count, Status.QUEUED),
            _list(status__exact=Status.QUEUED.value),
        ),
        Count(
            "oldest",
            _("Longest wait"),
            duration(now - oldest) if oldest else "–",
            _("How long the oldest request has been waiting.")
            if oldest
            else _("No request is waiting."),
            _kind(count, Status.QUEUED),
            _list(status__exact=Status.QUEUED.value, o="1"),
        ),
    ]


def _kind(count: int, status: Status) -> str:
    """Return the kind that colours a count: "nothing" if the count is zero."""
    return status.value if count else "nothing"


def _list(**query: str) -> str:
    """Return the address of the list of requests with these parameters."""
    return f"{reverse('admin:callbacks_callrequest_changelist')}?{urlencode(query)}"
