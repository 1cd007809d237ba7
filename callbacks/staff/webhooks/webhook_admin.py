"""The list of webhook endpoints, and the page of each with what it was sent last."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from callbacks.accounts.roles import may_change_webhooks
from callbacks.contact.invisible import spelt_out
from callbacks.core import clock
from callbacks.models import MessageState, OutboxMessage, WebhookEndpoint, WebhookEvent
from callbacks.staff.common.formatting import badge, moment
from callbacks.staff.common.read_only import ReadOnlyAdmin
from callbacks.staff.outbox import outbox_admin, outbox_words
from callbacks.staff.webhooks import webhook_views

SHOWN = 20  # the latest messages on an endpoint's page


@admin.register(WebhookEndpoint)
class WebhookAdmin(ReadOnlyAdmin):
    seen_with = ("callbacks.view_webhookendpoint", "callbacks.change_webhookendpoint")
    list_display = ("name", "for_widget", "told", "contact", "state")
    fields = ("address", "for_widget", "told", "contact", "state", "created")
    list_select_related = ("widget",)
    sortable_by = ()
    list_before_template = "staff/_webhook_list_top.html"
    change_form_outer_before_template = "staff/_webhook.html"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("subscriptions")

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path("new/", self.admin_site.admin_view(webhook_views.new), name=_name("new")),
            path(
                "<int:pk>/<slug:name>/",
                self.admin_site.admin_view(webhook_views.act),
                name=_name("act"),
            ),
        ]
        default = super().get_urls()
        return [*pages[:1], *default[:-1], pages[1], default[-1]]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": gettext_lazy("Webhook endpoints"),
            "may_change": may_change_webhooks(request.user),
        }
        return super().changelist_view(request, context | (extra_context or {}))  # type: ignore[no-any-return]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        endpoint = self.row(request, object_id)
        context = {"may_change": may_change_webhooks(request.user)}
        if endpoint is not None:
            context |= _of(endpoint)
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))  # type: ignore[no-any-return]

    # -- columns ----------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("endpoint"))
    def name(self, endpoint: WebhookEndpoint) -> str:
        return str(endpoint)

    @admin.display(description=gettext_lazy("address"))
    def address(self, endpoint: WebhookEndpoint) -> str:
        return str(endpoint.url)

    @admin.display(description=gettext_lazy("widget"))
    def for_widget(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.widget.name if endpoint.widget else _("All widgets")

    @admin.display(description=gettext_lazy("events"))
    def told(self, endpoint: WebhookEndpoint) -> str:
        wanted = {one.event for one in endpoint.subscriptions.all()}
        return ", ".join(str(event.label) for event in WebhookEvent if event in wanted)

    @admin.display(description=gettext_lazy("numbers and emails"))
    def contact(self, endpoint: WebhookEndpoint) -> str:
        return pgettext("contact", "In full") if endpoint.with_contact else _("Partly hidden")

    @admin.display(description=gettext_lazy("status"))
    def state(self, endpoint: WebhookEndpoint) -> SafeString:
        if endpoint.paused_at is not None:
            return badge(_("Paused on %(day)s") % {"day": moment(endpoint.paused_at)}, "cancelled")
        if endpoint.failing_since is not None:
            since = {"day": moment(endpoint.failing_since)}
            return badge(_("Failing since %(day)s") % since, "failed")
        return badge(pgettext("webhook endpoint", "Active"), "called")

    @admin.display(description=gettext_lazy("created"))
    def created(self, endpoint: WebhookEndpoint) -> str:
        return moment(endpoint.created_at)


def _of(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return what the page of an endpoint shows besides its fields."""
    latest = endpoint.messages.select_related("call_request").order_by("-created_at", "-pk")
    return {
        "latest": [_line(message) for message in latest[:SHOWN]],
        "has_failed": endpoint.messages.filter(state=MessageState.FAILED).exists(),
        "is_paused": endpoint.paused_at is not None,
        "old_secret_until": endpoint.old_secret_until
        if endpoint.old_secret_until and endpoint.old_secret_until > clock.now()
        else None,
    }


def _line(message: OutboxMessage) -> dict[str, Any]:
    """Return a message as the page of its endpoint shows it."""
    return {
        "at": moment(message.created_at),
        "event": message.event,
        "request": message.call_request,
        "state": outbox_admin.shown_state(message),
        "tries": message.attempts,
        "answer": outbox_words.problem_in_words(message.problem) or message.http_status or "",
        "excerpt": spelt_out(message.excerpt),
    }


def _name(name: str) -> str:
    return f"callbacks_webhookendpoint_{name}"
