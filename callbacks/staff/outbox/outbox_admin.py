"""The outbox, in the admin: what waits to be sent, what was sent and what failed."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from callbacks.accounts.roles import SEE_REQUESTS
from callbacks.contact import email_addresses
from callbacks.models import (
    MailEvent,
    MessageKind,
    MessageState,
    OutboxMessage,
    TeamMailEvent,
)
from callbacks.notifications import alerts
from callbacks.staff.common.formatting import badge, moment
from callbacks.staff.common.read_only import ReadOnlyAdmin
from callbacks.staff.outbox.outbox_words import problem_in_words
from callbacks.staff.requests.list_page.filters import DayRangeFilter

FILTERS = frozenset({"state__exact", "kind__exact", "created_at_from", "created_at_to"})
_BADGES = {
    MessageState.WAITING: "queued",
    MessageState.SENT: "called",
    MessageState.DROPPED: "nothing",
    MessageState.FAILED: "failed",
}


@admin.register(OutboxMessage)
class OutboxAdmin(ReadOnlyAdmin):
    seen_with = SEE_REQUESTS
    list_display = ("at", "shown_kind", "about", "recipient_masked", "shown_state", "tries", "why")
    list_display_links = None
    fields = list_display
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("created_at", DayRangeFilter),
    )
    list_select_related = ("alert", "call_request", "endpoint", "team_recipient")
    sortable_by = ("at",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in FILTERS and "\0" not in value

    @admin.display(description=gettext_lazy("created"), ordering="created_at")
    def at(self, message: OutboxMessage) -> str:
        return moment(message.created_at)

    @admin.display(description=gettext_lazy("message"))
    def shown_kind(self, message: OutboxMessage) -> str:
        for events in (MailEvent, TeamMailEvent):
            if message.event in events.values:
                return f"{message.get_kind_display()}: {events(message.event).label}"
        return f"{message.get_kind_display()} {message.event}".strip()

    @admin.display(description=gettext_lazy("about"))
    def about(self, message: OutboxMessage) -> SafeString | str:
        if message.call_request is not None:
            address = reverse("admin:callbacks_callrequest_change", args=[message.call_request.pk])
            return format_html(
                '<a class="staff-link" href="{}">{}</a>', address, message.call_request
            )
        return str(message.alert or "–")

    @admin.display(description=gettext_lazy("recipient"))
    def recipient_masked(self, message: OutboxMessage) -> str:
        return shown_recipient(message)

    @admin.display(description=gettext_lazy("status"))
    def shown_state(self, message: OutboxMessage) -> SafeString:
        return shown_state(message)

    @admin.display(description=gettext_lazy("attempts"))
    def tries(self, message: OutboxMessage) -> str:
        if message.state != MessageState.WAITING or not message.attempts:
            return str(message.attempts)
        return _("%(count)d, next %(when)s") % {
            "count": message.attempts,
            "when": moment(message.due_at),
        }

    @admin.display(description=gettext_lazy("problem"))
    def why(self, message: OutboxMessage) -> str:
        return problem_in_words(message.problem)


def shown_state(message: OutboxMessage) -> SafeString:
    """Return where a message is, as a coloured label."""
    state = MessageState(message.state)
    return badge(str(state.label), _BADGES[state])


def shown_recipient(message: OutboxMessage) -> str:
    """Return to whom a message goes, as staff may see it: an email masked, a webhook's host."""
    if message.endpoint is not None:
        return str(message.endpoint)
    if message.team_recipient is not None:
        return str(message.team_recipient)
    if message.kind == MessageKind.ALERT:
        return email_addresses.masked(alerts.address_of(message))
    return email_addresses.masked(message.call_request.email if message.call_request else "")
