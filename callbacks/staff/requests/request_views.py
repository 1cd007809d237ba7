"""The views behind the page of one request: an action, a note, the number in clear."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from callbacks.accounts.roles import may_act, may_see_requests, may_unmask
from callbacks.lifecycle import transitions
from callbacks.lifecycle.actions import add_note
from callbacks.models import CallRequest
from callbacks.public.status import pages as status_pages
from callbacks.staff.common import unmasking
from callbacks.staff.common.current_user import current_user
from callbacks.staff.requests import ask_first
from callbacks.staff.requests.actions import STAFF_ACTIONS
from callbacks.staff.requests.list_page import carried_filters


def act(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for confirmation of an action (GET), or do it (POST)."""
    if name not in STAFF_ACTIONS:
        raise Http404
    action = STAFF_ACTIONS[name]
    if not may_see_requests(request.user) or not action.permission(request.user):
        raise PermissionDenied
    return ask_first.answer(request, name)


@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a note to the request."""
    if not may_act(request.user):
        raise PermissionDenied
    call_request = get_object_or_404(CallRequest, pk=pk)
    person = current_user(request)
    try:
        text = forms.CharField(max_length=2000).clean(request.POST.get("text", ""))
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        try:
            add_note(call_request, person, text)
        except transitions.NotAllowed:
            sentence = _("The note was not saved: the personal data has been erased.")
            messages.warning(request, sentence)
        else:
            messages.success(request, _("Note saved."))
    return _to_request(request, pk)


@require_POST
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the number and the email of one request in clear, and record it in the audit log."""
    if not may_see_requests(request.user) or not may_unmask(request.user):
        raise PermissionDenied
    unmasking.lift(request, get_object_or_404(CallRequest, pk=pk))
    return _to_request(request, pk)


@require_safe
def visitor_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a copy of the visitor's page, read-only, to staff who may act on the request."""
    if not may_see_requests(request.user) or not may_act(request.user):
        raise PermissionDenied
    found = get_object_or_404(CallRequest.objects.select_related("widget"), pk=pk)
    return status_pages.copy_for_staff(found)


def _to_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Return to the page of the request."""
    page = reverse("admin:callbacks_callrequest_change", args=[pk])
    return HttpResponseRedirect(
        carried_filters.with_filters(page, carried_filters.carried(request))
    )
