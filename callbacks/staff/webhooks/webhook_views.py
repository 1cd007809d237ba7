"""Create a webhook endpoint, and do something with one."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from callbacks.accounts.roles import may_change_webhooks, may_copy_out
from callbacks.models import MessageState, WebhookEndpoint
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.pages import staff_page
from callbacks.staff.webhooks.webhook_form import WebhookForm
from callbacks.webhooks import endpoints

LIST = "admin:callbacks_webhookendpoint_changelist"


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Show the form for a new endpoint; on POST, create it and show its secret once."""
    if not may_change_webhooks(request.user):
        raise PermissionDenied
    form = WebhookForm(request.POST or None, may_send_contact=may_copy_out(request.user))
    if request.method == "POST" and form.is_valid():
        try:
            endpoint = endpoints.create(
                form.cleaned_data["url"],
                form.cleaned_data["events"],
                form.cleaned_data["widget"],
                with_contact=form.cleaned_data.get("with_contact", False),
                person=current_user(request),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _show_secret(request, endpoint, _("The webhook endpoint is created"))
    return staff_page(
        request,
        "staff/webhook_new.html",
        title=_("New webhook endpoint"),
        status=422 if form.errors else 200,
        form=form,
        back=reverse(LIST),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Do what `name` says with an endpoint. What cannot be undone asks first, on GET."""
    if not may_change_webhooks(request.user):
        raise PermissionDenied
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    asks = name in ("rotate", "remove")
    if not asks and name not in _DONE_AT_ONCE:
        raise Http404
    back = reverse("admin:callbacks_webhookendpoint_change", args=[pk])
    if request.method != "POST":
        if not asks:
            return HttpResponseRedirect(back)
        return staff_page(
            request,
            "staff/webhook_confirm.html",
            title=_("Replace the secret?") if name == "rotate" else _("Delete this endpoint?"),
            endpoint=endpoint,
            is_rotation=name == "rotate",
            waiting=endpoint.messages.filter(state=MessageState.WAITING).count(),
            back=back,
        )
    if name == "rotate":
        endpoints.rotate(endpoint, person=current_user(request))
        return _show_secret(request, endpoint, _("The secret is replaced"))
    if name == "remove":
        endpoints.remove(endpoint, person=current_user(request))
        messages.success(request, _("The webhook endpoint is deleted."))
        return HttpResponseRedirect(reverse(LIST))
    messages.success(request, _DONE_AT_ONCE[name](request, endpoint))
    return HttpResponseRedirect(back)


def _test(request: HttpRequest, endpoint: WebhookEndpoint) -> str:
    endpoints.send_test(endpoint)
    return _("A test message is on its way. Reload this page to see the answer.")


def _pause(request: HttpRequest, endpoint: WebhookEndpoint) -> str:
    if endpoints.pause(endpoint, person=current_user(request)):
        return _("The endpoint is paused. What happens meanwhile waits for it, for 30 days.")
    return _("The endpoint was already paused.")


def _resume(request: HttpRequest, endpoint: WebhookEndpoint) -> str:
    if endpoints.resume(endpoint, person=current_user(request)):
        return _("The endpoint is resumed. What waits is sent now.")
    return _("The endpoint was not paused.")


def _again(request: HttpRequest, endpoint: WebhookEndpoint) -> str:
    count = endpoints.send_again(
        endpoint.messages.filter(state=MessageState.FAILED), person=current_user(request)
    )
    return _("Messages to send again: %(count)d.") % {"count": count}


_DONE_AT_ONCE: dict[str, Callable[[HttpRequest, WebhookEndpoint], str]] = {
    "test": _test,
    "pause": _pause,
    "resume": _resume,
    "again": _again,
}


def _show_secret(request: HttpRequest, endpoint: WebhookEndpoint, title: str) -> HttpResponse:
    """Show the secret of an endpoint, this once."""
    return staff_page(
        request,
        "staff/webhook_secret.html",
        title=title,
        secret=endpoint.secret,
        until=endpoint.old_secret_until,
        done=reverse("admin:callbacks_webhookendpoint_change", args=[endpoint.pk]),
    )
