"""The page on which staff move a booking to another free time slot."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from callbacks.accounts.roles import may_act, may_see_requests
from callbacks.core.one_line import single_line
from callbacks.intake import chosen_time, rescheduling
from callbacks.intake.errors import Invalid
from callbacks.models import CallRequest
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.pages import staff_page
from callbacks.staff.requests import slot_choices
from callbacks.staff.requests.carry_out import Seen
from callbacks.staff.requests.list_page import carried_filters


class RescheduleForm(forms.Form):
    """The new time slot, and a note."""

    when = forms.ChoiceField(
        label=gettext_lazy("New time slot"),
        error_messages={"invalid_choice": chosen_time.GONE_SENTENCE},
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("Optional. Kept with the request, for your colleagues."),
        max_length=500,
        required=False,
        validators=[single_line],
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, call_request: CallRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may_move = rescheduling.is_offered(call_request)
        free = slot_choices.by_day(call_request) if may_move else []
        self.fields["when"].choices = free  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the new time slot (GET), or move the booking to it (POST)."""
    if not may_see_requests(request.user) or not may_act(request.user):
        raise PermissionDenied
    call_request = get_object_or_404(CallRequest.objects.select_related("widget"), pk=pk)
    filters = carried_filters.carried(request)
    address = reverse("admin:callbacks_callrequest_change", args=[pk])
    back_url = carried_filters.with_filters(address, filters)
    form = RescheduleForm(
        request.POST if request.method == "POST" else None, call_request=call_request
    )
    if request.method == "POST" and form.is_valid():
        seen = request.POST.get("seen", "")
        try:
            if seen == str(Seen.of(call_request)) and rescheduling.reschedule(
                call_request,
                form.cleaned_data["when"],
                person=current_user(request),
                note=form.cleaned_data["note"],
            ):
                messages.success(request, _("The call is moved to the new time slot."))
            else:
                messages.warning(
                    request, _("Nothing was moved: the request has changed in the meantime.")
                )
            return HttpResponseRedirect(back_url)
        except Invalid as invalid:
            form.add_error("when", str(invalid.errors["when"]))
    return staff_page(
        request,
        "staff/reschedule.html",
        title=_("Move"),
        opts=CallRequest._meta,
        row=call_request,
        form=form,
        has_times=bool(form.fields["when"].choices),  # type: ignore[attr-defined]
        seen=str(Seen.of(call_request)),
        filters=filters,
        back_url=back_url,
    )
