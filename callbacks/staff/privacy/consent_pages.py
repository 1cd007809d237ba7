"""The proof of one request's consent, and the check of all proofs."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_see_requests, may_unmask
from callbacks.consent import chain as consent_chain
from callbacks.consent import verification
from callbacks.contact import number_display
from callbacks.models import CallRequest, ConsentProof
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.pages import staff_page
from callbacks.staff.privacy.consent_evidence import NOT_SHOWN, evidence

SEE_TEXTS = ("callbacks.view_consenttext", "callbacks.view_widget")
# The most proofs that the page checks, because a person waits for it. The command checks all.
MOST_CHECKED = 1_000
MOST_SHOWN = 100
PARTS = {
    "event": gettext_lazy("what happened"),
    "time": gettext_lazy("when"),
    "text": gettext_lazy("the consent text"),
    "vouched": gettext_lazy("what the system says"),
    "page": gettext_lazy("the page"),
    "number": gettext_lazy("the number"),
    "email": gettext_lazy("the email"),
    "address": gettext_lazy("the IP address"),
    "chain": gettext_lazy("the place in the chain"),
}


def _asked_for(request: HttpRequest, pk: int) -> tuple[CallRequest, dict[str, Any]]:
    """Return the request and its evidence: masked for GET, in clear for POST.

    POST needs the right to see numbers, and is recorded in the audit log.

    Raises:
        PermissionDenied: The account may not see requests, or not in clear.
    """
    if not may_see_requests(request.user):
        raise PermissionDenied
    unmasked = request.method == "POST"
    if unmasked and not may_unmask(request.user):
        raise PermissionDenied
    call_request = get_object_or_404(CallRequest.objects.select_related("widget"), pk=pk)
    if unmasked:
        person = current_user(request)
        audit_log.record(person, "consent.proof", call_request)
    return call_request, evidence(call_request, unmasked=unmasked)


@require_http_methods(["GET", "HEAD", "POST"])
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the evidence as a page that can be printed."""
    call_request, shown = _asked_for(request, pk)
    rows = call_request.consent_proofs.select_related("text", "vouched_by").order_by("pk")
    verdicts = {event["verdict"] for event in shown["events"]}
    context = {
        "row": call_request,
        "evidence": shown,
        "number": number_display.displayed(shown["number"])
        if call_request.erased_at is None
        else "",
        "events": [
            (row, event, *_said(event)) for row, event in zip(rows, shown["events"], strict=True)
        ],
        "is_changed": verification.Verdict.CHANGED in verdicts,
        "is_verified": verdicts == {verification.Verdict.VERIFIED},
        "not_shown": NOT_SHOWN,
        "may_unmask": may_unmask(request.user) and call_request.erased_at is None,
    }
    return TemplateResponse(request, "staff/proof.html", context)


def _said(event: dict[str, Any]) -> tuple[list[Any], list[dict[str, Any]]]:
    """Return the parts that were verified, and those that could not be.

    Verified parts are given by name; the others are grouped by the reason and its date.
    """
    left: dict[tuple[str, str | None], list[Any]] = {}
    for one in event["cannot_be_verified"]:
        left.setdefault((one["why"], one["since"]), []).append(PARTS[one["part"]])
    unverified = [
        {"parts": parts, "why": why, "since": datetime.fromisoformat(since) if since else None}
        for (why, since), parts in left.items()
    ]
    return [PARTS[part] for part in event["verified"]], unverified


@require_http_methods(["GET", "HEAD", "POST"])
def as_json(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the evidence as JSON."""
    call_request, shown = _asked_for(request, pk)
    answer = JsonResponse(shown, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="consent-{call_request.pk}.json"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Check the newest proofs (POST), and show which ones were changed in the database."""
    if not any(request.user.has_perm(name) for name in SEE_TEXTS):
        raise PermissionDenied
    problems: list[verification.Problem] = []
    verdicts = Counter[verification.Verdict]()
    if request.method == "POST":
        for result in verification.results(MOST_CHECKED):
            verdicts[result.verdict] += 1
            problems += result.problems
            if len(problems) >= MOST_SHOWN:
                break
        problems = problems[:MOST_SHOWN]
        person = current_user(request)
        audit_log.record(person, "consent.check", problems=len(problems))
    last, chain = consent_chain.head()
    in_question = {problem.proof for problem in problems}
    rows = ConsentProof.objects.filter(pk__in=in_question).values_list("pk", "call_request_id")
    requests: dict[int, int] = dict(rows)
    listed = [(problem, _(problem.what), requests.get(problem.proof)) for problem in problems]
    return staff_page(
        request,
        "staff/consent_check.html",
        title=_("Integrity of proofs"),
        total=ConsentProof.objects.count(),
        unchained=ConsentProof.objects.filter(link=None).count(),
        most=MOST_CHECKED,
        most_shown=MOST_SHOWN,
        problems=listed,
        is_checked=request.method == "POST",
        verified=verdicts[verification.Verdict.VERIFIED],
        unverifiable=verdicts[verification.Verdict.UNVERIFIABLE],
        last=last,
        head=f"{last}:{chain}",
    )
