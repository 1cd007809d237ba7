"""The certificates of erasure, and the page of the storage periods."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from callbacks.core import clock
from callbacks.data_protection import retention as retention_rules
from callbacks.models import (
    Erasure,
    ErasureCause,
    Widget,
)
from callbacks.staff.common.pages import staff_page

EXPORT, ERASE = "callbacks.export_callrequest", "callbacks.erase_callrequest"
SEE_ERASURES = ("callbacks.view_erasure", EXPORT, ERASE)
# Counting stops here. The page then shows a plus sign after the number.
MOST_COUNTED = 10_000
# The number of past removals that the page shows.
REMEMBERED = 20


def counted(counts: dict[str, Any]) -> list[str]:
    """Return what an erasure removed, in words: "3 requests"."""
    requests, addresses, proofs, limits, entries, refusals, recipients = (
        int(counts.get(name) or 0)
        for name in (
            *("requests", "addresses", "proofs", "limits", "blocks", "refusals"),
            "recipients",
        )
    )
    words = (
        (requests, ngettext("%(n)d request", "%(n)d requests", requests)),
        (addresses, ngettext("%(n)d IP address", "%(n)d IP addresses", addresses)),
        (proofs, ngettext("%(n)d proof of consent", "%(n)d proofs of consent", proofs)),
        (limits, ngettext("%(n)d limit record", "%(n)d limit records", limits)),
        (entries, ngettext("%(n)d block list entry", "%(n)d block list entries", entries)),
        (refusals, ngettext("%(n)d recorded refusal", "%(n)d recorded refusals", refusals)),
        (
            recipients,
            ngettext(
                "%(n)d recipient of team emails", "%(n)d recipients of team emails", recipients
            ),
        ),
    )
    return [text % {"n": n} for n, text in words if n]


@require_safe
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """Show the certificate of an erasure, to be printed. It does not name the person."""
    if not any(request.user.has_perm(name) for name in SEE_ERASURES):
        raise PermissionDenied
    row = get_object_or_404(Erasure.objects.select_related("person"), certificate=number)
    context = {"row": row, "counted": counted(row.counts), "widget": row.counts.get("widget", "")}
    return TemplateResponse(request, "staff/certificate.html", context)


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """Show what the storage periods will remove next, for each widget, and what they removed."""
    if not any(request.user.has_perm(name) for name in SEE_ERASURES):
        raise PermissionDenied
    now = clock.now()
    due = [
        (
            widget,
            {
                name: rows.order_by()[:MOST_COUNTED].count()
                for name, rows in retention_rules.overdue(widget, now).items()
            },
        )
        for widget in Widget.objects.all()
    ]
    purged = Erasure.objects.filter(cause=ErasureCause.RETENTION)[:REMEMBERED]
    return staff_page(
        request,
        "staff/retention.html",
        title=_("Storage periods"),
        due=due,
        purged=[(row, counted(row.counts)) for row in purged],
        most=MOST_COUNTED,
    )
