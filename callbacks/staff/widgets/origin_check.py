"""Check whether a page may show the widget, and allow its site.

The check uses the list in the form, before it is saved.
"""

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextInputWidget

from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_change_widgets, may_see_widgets
from callbacks.core import origins
from callbacks.models import Widget
from callbacks.staff.common.current_user import current_user
from callbacks.staff.widgets.tool_page import ask_or_do, tool_page, widget_address

TAB = "install"


@require_POST
def view(request: HttpRequest) -> JsonResponse:
    """Answer whether a page may show the widget, as JSON.

    POST `allowed_origins`, the list as it stands in the form, and `address`, that of the page. The
    answer has `allowed`, a sentence as `text`, and `origin`: what to add to the list, or an empty
    string.
    """
    if not may_see_widgets(request.user):
        raise PermissionDenied
    lines = request.POST.get("allowed_origins", "").splitlines()[: origins.MOST]
    address, missing = request.POST.get("address", "")[:2000], ""
    try:
        entries = [origins.of_page(line) for line in lines if line.strip()]
        reason = origins.why_not(entries, address)
        missing = origins.of_page(address) if reason else ""
    except ValidationError as error:
        reason = " ".join(error.messages)
    text = reason or _("This page can show the widget.")
    return JsonResponse({"allowed": not reason, "text": text, "origin": missing})


class AllowForm(forms.Form):
    """The address of a page or of a site."""

    address = forms.CharField(
        label=gettext_lazy("Address of a page"),
        max_length=2000,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_address(self) -> str:
        """Return the origin of the address."""
        return origins.of_page(self.cleaned_data["address"])


@ask_or_do
def allow(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether the site of `address` may show the widget (GET), or add it to the list (POST)."""
    if not may_change_widgets(request.user):
        raise PermissionDenied
    widget = get_object_or_404(Widget, pk=pk)
    data = request.POST or request.GET
    form = AllowForm(data if "address" in data else None)
    if form.is_valid() and request.method == "POST":
        try:
            is_new = _add(widget, form.cleaned_data["address"], current_user(request))
        except ValidationError as error:
            form.add_error("address", error)
        else:
            sentence = (
                _("%(site)s can show the widget now.")
                if is_new
                else _("This site was already allowed.")
            )
            messages.success(request, sentence % {"site": form.cleaned_data["address"]})
            return HttpResponseRedirect(widget_address(widget, TAB))
    site = form.cleaned_data.get("address", "") if form.is_bound and form.is_valid() else ""
    text = _("Pages of %(site)s will be able to show this widget.") % {"site": site}
    return tool_page(
        request,
        widget,
        tab=TAB,
        title=_("Allow a site"),
        text=text if site else _("The site of this page will be added to the list."),
        button=_("Allow this site"),
        form=form,
    )


@transaction.atomic
def _add(widget: Widget, origin: str, person: User) -> bool:
    """Add the origin to the list of the widget. Return False if it is allowed already.

    Raises:
        ValidationError: The list is full.
    """
    row = Widget.objects.select_for_update().get(pk=widget.pk)
    if origins.allows(row.allowed_origins, origin):
        return False
    row.allowed_origins = [*row.allowed_origins, origin]
    origins.check(row.allowed_origins)
    row.save(update_fields=["allowed_origins"])
    audit_log.record(person, "widget.allow_origin", row, origin=origin)
    return True
