"""Personal data of one person: what there is, a copy of it, its erasure; and what retention does.

What is typed goes by POST alone: no number and no email stands in an address.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from callbacks.abuse import block_list
from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_copy_out
from callbacks.contact import phone_numbers
from callbacks.contact.e164 import Number
from callbacks.core import clock, crypto
from callbacks.data_protection import erasure, subject_access
from callbacks.data_protection import retention as retention_rules
from callbacks.models import (
    Block,
    BlockKind,
    CallRequest,
    ConsentProof,
    Erasure,
    ErasureCause,
    Widget,
)
from callbacks.staff.common import look_ups, number_in_full
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.formatting import minute_after
from callbacks.staff.common.pages import staff_page
from callbacks.staff.common.read_only import ReadOnlyAdmin
from callbacks.staff.requests.filters import DayRangeFilter

EXPORT, ERASE = "callbacks.export_callrequest", "callbacks.erase_callrequest"
SEE_ERASURES = ("callbacks.view_erasure", EXPORT, ERASE)
# Counting stops here: "more than so many" is as good a reason to let housekeeping work.
MOST_COUNTED = 10_000
REMEMBERED = 20


class SearchForm(forms.Form):
    who = forms.CharField(
        label=gettext_lazy("Number or email"),
        max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


class EraseForm(forms.Form):
    confirmed = forms.BooleanField(
        label=gettext_lazy("Yes, erase this data. This cannot be undone"),
        widget=UnfoldBooleanWidget,
    )


@dataclass(frozen=True)
class Subject:
    """The person that was meant, and what is stored. One of `number` and `email` is empty."""

    number: Number
    email: str
    requests: int
    proofs: int
    is_blocked: bool

    @property
    def shown(self) -> str:
        return phone_numbers.displayed(self.number) if self.number else self.email

    @property
    def number_in_full(self) -> SafeString:
        return number_in_full.shown(self.number)

    @property
    def typed(self) -> str:
        return self.number or self.email

    @property
    def is_nothing(self) -> bool:
        return not (self.requests or self.is_blocked)


def subject(typed: str) -> Subject | None:
    """Whom `typed` means: an email, or a number in any spelling; None when it is neither."""
    typed = typed.strip()
    if "@" in typed:
        return _subject(email=typed)
    regions = {"FR"}
    for allowed in Widget.objects.values_list("allowed_regions", flat=True):
        regions.update(allowed)
    forms_of_it = phone_numbers.search_forms(typed, sorted(regions))
    if not forms_of_it:
        return None
    hashes = {crypto.number_hash(number): number for number in forms_of_it}
    known = CallRequest.objects.filter(number_hash__in=hashes).values_list("number_hash", flat=True)
    first = known.first()
    return _subject(number=hashes[first] if first else forms_of_it[0])


def _subject(number: Number = "", email: str = "") -> Subject:
    found = erasure.about(number=number, email=email).filter(erased_at=None)
    key = block_list.key_of(BlockKind.NUMBER, number) if number else ""
    return Subject(
        number=number,
        email=email,
        requests=found.count(),
        proofs=ConsentProof.objects.filter(call_request__in=found).count(),
        is_blocked=bool(key) and Block.objects.filter(key=key).exists(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """POST `who` shows what is stored; with `action=export` or `action=erase`, does that."""
    may_export, may_erase = may_copy_out(request.user), request.user.has_perm(ERASE)
    if not (may_export or may_erase):
        raise PermissionDenied
    action = request.POST.get("action", "")
    form = SearchForm(request.POST if request.method == "POST" else None)
    erase = EraseForm(request.POST if action == "erase" else None)
    found: Subject | None = None
    if request.method == "POST" and form.is_valid():
        found = _looked_up(request, form)
    if found is not None and action == "export":
        if not may_export:
            raise PermissionDenied
        return _export(request, found)
    if found is not None and action == "erase":
        if not may_erase:
            raise PermissionDenied
        if erase.is_valid():
            return _erase(request, found)
    return staff_page(
        request,
        "staff/privacy.html",
        title=_("Personal data"),
        form=form,
        erase_form=erase,
        found=found,
        may_export=may_export,
        may_erase=may_erase,
    )


def _looked_up(request: HttpRequest, form: SearchForm) -> Subject | None:
    """Return whom the form means; None, with an error in the form, when that cannot be said."""
    try:
        look_ups.count(request.user)
    except look_ups.TooManyLookUps as refused:
        form.add_error("who", refused.sentence)
        return None
    found = subject(form.cleaned_data["who"])
    if found is None:
        form.add_error("who", _("Enter a phone number or an email address."))
    return found


def _export(request: HttpRequest, found: Subject) -> HttpResponse:
    person = current_user(request)
    data = subject_access.export(number=found.number, email=found.email)
    audit_log.record(person, "privacy.export", requests=len(data["requests"]))
    answer = JsonResponse(data, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="personal-data.json"'
    answer["Cache-Control"] = "no-store"
    return answer


def _erase(request: HttpRequest, found: Subject) -> HttpResponse:
    person = current_user(request)
    try:
        certificate = erasure.erase(person, number=found.number, email=found.email)
    except erasure.CallUnderWay as call:
        sentence = _("Nothing was erased, because a call is in progress. Try again after %(time)s.")
        messages.warning(request, sentence % {"time": minute_after(call.until)})
        return HttpResponseRedirect(reverse("admin:privacy"))
    return HttpResponseRedirect(reverse("admin:certificate", args=[certificate.certificate]))


def counted(counts: dict[str, Any]) -> list[str]:
    """What an erasure did, in words, such as "3 requests"."""
    requests, addresses, proofs, limits, entries, refusals = (
        int(counts.get(name) or 0)
        for name in ("requests", "addresses", "proofs", "limits", "blocks", "refusals")
    )
    words = (
        (requests, ngettext("%(n)d request", "%(n)d requests", requests)),
        (addresses, ngettext("%(n)d IP address", "%(n)d IP addresses", addresses)),
        (proofs, ngettext("%(n)d proof of consent", "%(n)d proofs of consent", proofs)),
        (limits, ngettext("%(n)d limit record", "%(n)d limit records", limits)),
        (entries, ngettext("%(n)d block list entry", "%(n)d block list entries", entries)),
        (refusals, ngettext("%(n)d recorded refusal", "%(n)d recorded refusals", refusals)),
    )
    return [text % {"n": n} for n, text in words if n]


@require_safe
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """The certificate of one erasure, made to be printed. It names nobody who was erased."""
    if not any(request.user.has_perm(name) for name in SEE_ERASURES):
        raise PermissionDenied
    row = get_object_or_404(Erasure.objects.select_related("person"), certificate=number)
    context = {"row": row, "counted": counted(row.counts), "widget": row.counts.get("widget", "")}
    return TemplateResponse(request, "staff/certificate.html", context)


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """What is due to go now, widget by widget, and what went."""
    if not any(request.user.has_perm(name) for name in SEE_ERASURES):
        raise PermissionDenied
    now = clock.now()
    due = [
        (
            widget,
            {
                name: rows.order_by()[:MOST_COUNTED].count()
                for name, rows in retention_rules.over_due(widget, now).items()
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


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    seen_with = SEE_ERASURES
    list_display = ("at", "cause", "what", "person", "paper")
    list_display_links = None
    list_filter = (("cause", ChoicesDropdownFilter), ("at", DayRangeFilter))
    list_select_related = ("person",)
    sortable_by = ("at",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in {"cause__exact", "at_from", "at_to"} and "\0" not in value

    @admin.display(description=gettext_lazy("erased data"))
    def what(self, row: Erasure) -> str:
        return ", ".join(counted(row.counts)) or _("nothing")

    @admin.display(description=gettext_lazy("certificate"))
    def paper(self, row: Erasure) -> SafeString:
        address = reverse("admin:certificate", args=[row.certificate])
        return format_html('<a class="staff-link" href="{}">{}</a>', address, row.certificate)
