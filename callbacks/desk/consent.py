"""The proof of consent for an authority, the texts it was given to, and whether all still holds."""

from itertools import islice
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from callbacks import audit, clock, consent, emails, numbers, personal
from callbacks.desk.permissions import may_see_requests, may_unmask
from callbacks.desk.read_only import ReadOnlyAdmin
from callbacks.models import CallRequest, ConsentProof, ConsentText
from callbacks.privacy import UNREADABLE

SEE_TEXTS = ("callbacks.view_consenttext", "callbacks.view_widget")
# What one page looks through while somebody waits for it; the command looks through all.
MOST_CHECKED = 1_000
MOST_SHOWN = 100
COMMITMENTS = ("page", "number", "email", "address")


def evidence(request: CallRequest, *, unmasked: bool) -> dict[str, Any]:
    """Everything that proves the consent of a request, as it is given to an authority.

    Times are ISO 8601 in UTC. Unless `unmasked`, number and email are masked, and the page, which
    could name the person, is left out. The key of the visitor's page is in neither.
    """
    number = request.number if unmasked or not request.number else numbers.masked(request.number)
    email = request.email if unmasked or not request.email else emails.masked(request.email)
    if personal.is_unreadable(number):
        number = str(UNREADABLE)
    if personal.is_unreadable(email):
        email = str(UNREADABLE)
    proofs = request.consent_proofs.select_related("request__widget", "text").order_by("pk")
    return {
        "request": str(request),
        "widget": {"name": request.widget.name, "id": request.widget.public_id},
        "number": number,
        "email": email,
        "is_masked": not unmasked,
        "asked_at": request.created_at.isoformat(),
        "erased_at": request.erased_at.isoformat() if request.erased_at else None,
        "checked_at": clock.now().isoformat(),
        "events": [_event(proof, unmasked=unmasked) for proof in proofs],
    }


def _event(proof: ConsentProof, *, unmasked: bool) -> dict[str, Any]:
    problems = [problem.what for problem in consent.check(proof)]
    text = proof.text
    return {
        "event": proof.event,
        "at": proof.at.isoformat(),
        "text": text
        and {
            "language": text.language,
            "version": text.version,
            "first_used_at": text.created_at.isoformat(),
            "sha256": text.digest,
            "shown": text.text,
        },
        # The address of a page may name a person.
        "page": proof.page_url if unmasked else "",
        "commitments": {name: getattr(proof, f"{name}_commitment") for name in COMMITMENTS},
        "commitments_can_be_checked": bool(proof.salt),
        "is_emptied": proof.emptied_at is not None,
        "digest": proof.digest,
        "place_in_chain": proof.link,
        "chain": proof.chain,
        "verifies": not problems,
        "problems": problems,
    }


def _asked_for(http: HttpRequest, pk: int) -> tuple[CallRequest, dict[str, Any]]:
    """The request and its evidence: masked by GET; whole by POST, for who may, on record."""
    if not may_see_requests(http.user):
        raise PermissionDenied
    unmasked = http.method == "POST"
    if unmasked and not may_unmask(http.user):
        raise PermissionDenied
    request = get_object_or_404(CallRequest.objects.select_related("widget"), pk=pk)
    if unmasked:
        person: User = http.user  # type: ignore[assignment]
        audit.record(person, "consent.proof", request)
    return request, evidence(request, unmasked=unmasked)


@require_http_methods(["GET", "HEAD", "POST"])
def proof(http: HttpRequest, pk: int) -> HttpResponse:
    """The proof as a page made to be printed."""
    request, shown = _asked_for(http, pk)
    rows = request.consent_proofs.select_related("text").order_by("pk")
    context = {
        "row": request,
        "evidence": shown,
        "number": numbers.displayed(shown["number"]) if request.erased_at is None else "",
        "events": list(zip(rows, shown["events"], strict=True)),
        "verifies": all(event["verifies"] for event in shown["events"]),
        "may_unmask": may_unmask(http.user) and request.erased_at is None,
    }
    return TemplateResponse(http, "desk/proof.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def as_json(http: HttpRequest, pk: int) -> HttpResponse:
    """The same for machines."""
    request, shown = _asked_for(http, pk)
    answer = JsonResponse(shown, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="consent-{request.pk}.json"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def check(http: HttpRequest) -> HttpResponse:
    """POST looks through the newest proofs and says what was changed behind our back."""
    if not any(http.user.has_perm(name) for name in SEE_TEXTS):
        raise PermissionDenied
    problems: list[consent.Problem] = []
    if http.method == "POST":
        problems = list(islice(consent.verify(MOST_CHECKED), MOST_SHOWN))
        person: User = http.user  # type: ignore[assignment]
        audit.record(person, "consent.check", "", f"{len(problems)} problems")
    in_question = {problem.proof for problem in problems}
    rows = ConsentProof.objects.filter(pk__in=in_question).values_list("pk", "request_id")
    requests: dict[int, int] = dict(rows)
    listed = [(problem, requests.get(problem.proof)) for problem in problems]
    context = {
        **admin.site.each_context(http),
        "title": _("Integrity of consent"),
        "total": ConsentProof.objects.count(),
        "unchained": ConsentProof.objects.filter(link=None).count(),
        "most": MOST_CHECKED,
        "most_shown": MOST_SHOWN,
        "problems": listed,
        "is_checked": http.method == "POST",
    }
    http.current_app = admin.site.name
    return TemplateResponse(http, "desk/consent_check.html", context)


@admin.register(ConsentText)
class ConsentTextAdmin(ReadOnlyAdmin):
    seen_with = SEE_TEXTS
    list_display = ("widget", "language", "version", "beginning", "created_at")
    list_display_links = ("beginning",)
    list_filter = (
        ("widget", RelatedDropdownFilter),
        ("language", ChoicesDropdownFilter),
    )
    list_select_related = ("widget",)
    fields = ("widget", "language", "version", "text", "digest", "created_at")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in {"widget__id__exact", "language__exact"} and "\0" not in value

    @admin.display(description=gettext_lazy("text"))
    def beginning(self, text: ConsentText) -> str:
        return text.text if len(text.text) <= 80 else f"{text.text[:79]}…"
