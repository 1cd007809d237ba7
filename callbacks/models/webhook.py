"""The webhook endpoints: addresses of other systems that are told what happens."""

from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.core.fields import PersonalField
from callbacks.models.widget import Widget


class WebhookEvent(models.TextChoices):
    """What an endpoint can be told. `docs/webhooks.md` says which change of a request sends it."""

    REQUESTED = "callback.requested", _("Request received")
    SCHEDULED = "callback.scheduled", _("Call has a new time")
    CALLED = "callback.called", _("Call placed")
    FAILED = "callback.failed", _("Call failed")
    UNCERTAIN = "callback.uncertain", _("Call uncertain")
    CANCELLED = "callback.cancelled", _("Request cancelled")
    OUTCOME = "callback.outcome", _("Outcome of the call reported")
    ERASED = "callback.erased", _("Personal data erased")
    # About the site, not about a request: only for endpoints for all widgets.
    ALERT = "alert.raised", _("Alert to staff")


class WebhookEndpoint(models.Model):
    """An address that is told of events. Written by `callbacks.webhooks`."""

    # Addresses of webhooks often contain a key, so it is stored as the secret is.
    url = PersonalField(_("address"))
    # None: the endpoint is for all widgets.
    widget = models.ForeignKey(
        Widget,
        verbose_name=_("widget"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    # Whether numbers and emails are sent in full.
    with_contact = models.BooleanField(_("numbers and emails in full"), default=False)
    secret = PersonalField(editable=False)
    # After a rotation, the old secret signs as well until this time.
    old_secret = PersonalField(blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    # The attempts that failed since the last one that succeeded, and since when.
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True)
    # No attempt before this time.
    quiet_until = models.DateTimeField(null=True, editable=False)
    # Nothing is sent while this is set: it failed for too long, or staff paused it. What happens
    # meanwhile waits.
    paused_at = models.DateTimeField(_("paused"), null=True)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ("pk",)

    def __str__(self) -> str:
        """Return the host and the number of the endpoint, such as "crm.example #3"."""
        return f"{urlsplit(self.url).hostname} #{self.pk}"


class WebhookSubscription(models.Model):
    """One event that an endpoint is told of."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="subscriptions"
    )
    event = models.CharField(max_length=40, choices=WebhookEvent)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="subscribed_once")
        ]

    def __str__(self) -> str:
        return self.event
