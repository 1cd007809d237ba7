"""What is stored about one person: show it, copy it, or erase it.

The number or email is sent by POST, so that it stands in no address.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_copy_out
from callbacks.data_protection import erasure, subject_access
from callbacks.staff.common import look_ups
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.formatting import minute_after
from callbacks.staff.common.pages import staff_page
from callbacks.staff.privacy.data_subject import Subject, subject

ERASE = "callbacks.erase_callrequest"


class SearchForm(forms.Form):
    """Whose data is meant."""

    who = forms.CharField(
        label=gettext_lazy("Number or email"),
        max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


class EraseForm(forms.Form):
    """The confirmation of an erasure."""

    confirmed = forms.BooleanField(
        label=gettext_lazy("Yes, erase this data. This cannot be undone"),
        widget=UnfoldBooleanWidget,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show what is stored about a person (POST `who`).

    POST with `action=export` sends a copy, and with `action=erase` erases it.
    """
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
    """Return the person whom the form means. None, with an error in the form, if there is none."""
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
    """Send everything that is stored about the person, and record it in the audit log."""
    person = current_user(request)
    data = subject_access.export(number=found.number, email=found.email)
    audit_log.record(person, "privacy.export", requests=len(data["requests"]))
    answer = JsonResponse(data, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="personal-data.json"'
    answer["Cache-Control"] = "no-store"
    return answer


def _erase(request: HttpRequest, found: Subject) -> HttpResponse:
    """Erase the person's data, and show the certificate."""
    person = current_user(request)
    try:
        certificate = erasure.erase(person, number=found.number, email=found.email)
    except erasure.CallUnderWay as call:
        sentence = _("Nothing was erased, because a call is in progress. Try again after %(time)s.")
        messages.warning(request, sentence % {"time": minute_after(call.until)})
        return HttpResponseRedirect(reverse("admin:privacy"))
    return HttpResponseRedirect(reverse("admin:certificate", args=[certificate.certificate]))
