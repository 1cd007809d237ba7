"""The checklist of a new site: what is still to be done until visitors can be called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from callbacks.accounts.roles import Person, may_change_widgets
from callbacks.models import WebhookEvent, WebhookSubscription, Widget
from callbacks.worker import heartbeat

# A site that received more requests lately is not new any more, whatever is left to do.
NEW_UNTIL_REQUESTS = 10


@dataclass(frozen=True)
class Step:
    """One step. `link` is the page where a person can take it; it may be empty."""

    title: str
    how: str
    is_done: bool
    link: str = ""


def first_steps(person: Person, *, called: int, now: datetime) -> Sequence[Step]:
    """Return the steps of setting the site up, or nothing if the person cannot take them.

    `called` is the number of calls placed lately. When all steps are done, the list is empty. It
    takes three queries.
    """
    if not may_change_widgets(person):
        return []
    widgets = list(Widget.objects.order_by("pk").values("pk", "company_name", "allowed_origins"))
    widget = (
        reverse("admin:callbacks_widget_change", args=[widgets[0]["pk"]])
        if widgets
        else reverse("admin:callbacks_widget_add")
    )
    steps = [
        Step(
            _("Start the call workers"),
            _("“make serve” starts all programs. “Site health” says which of them run."),
            heartbeat.alive(now).exists(),
            reverse("admin:health"),
        ),
        Step(
            _("Create a widget"),
            _("It needs the codename of a scenario, which your uh!live account manager gives you."),
            bool(widgets),
            widget,
        ),
        Step(
            _("Tell visitors who calls"),
            _("Enter the name of the company, its privacy page and the number that calls."),
            any(one["company_name"] for one in widgets),
            widget,
        ),
        Step(
            _("Choose who receives alerts"),
            _("Set ALERT_EMAILS, then try it with “manage.py send_test_alert”."),
            _alerts_go_somewhere(),
        ),
        Step(
            _("Place a test call"),
            _("Run “manage.py place_test_call”, or send the form with your own number."),
            called > 0,
        ),
        Step(
            _("Put the widget on your site"),
            _("Allow your site's address, then paste one line of HTML into its pages."),
            any(one["allowed_origins"] for one in widgets),
            widget,
        ),
    ]
    return [] if all(step.is_done for step in steps) else steps


def _alerts_go_somewhere() -> bool:
    """Return whether an address or a webhook endpoint receives alerts."""
    if settings.ALERT_EMAILS:
        return True
    listening = WebhookSubscription.objects.filter(endpoint__paused_at=None)
    return listening.filter(event=WebhookEvent.ALERT).exists()
