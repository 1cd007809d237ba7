"""An alert: a problem that staff are told about once, through each configured channel."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AlertKind(models.TextChoices):
    """What an alert is about."""

    CREDENTIALS = "credentials", _("The call service refuses the client ID and secret")
    NO_TOKEN = "no_token", _("The call service's sign-in is unavailable")
    OUTAGE = "outage", _("The call service is failing or not answering")
    WEB_PAGE = "web_page", _("The call service answers with a web page")
    UNREADABLE = "unreadable", _("Numbers or emails cannot be decrypted")
    LIMIT = "limit", _("A widget's limit is reached")
    WEBHOOK = "webhook", _("A webhook endpoint is paused")


# These problems open the circuit: no call can be placed.
CIRCUIT_REASONS = (AlertKind.CREDENTIALS, AlertKind.NO_TOKEN, AlertKind.OUTAGE)


class Alert(models.Model):
    """A problem that the admin shows until it is over.

    Written by `callbacks.notifications.alerts`.
    """

    kind = models.CharField(_("kind"), max_length=20, choices=AlertKind)
    # The widget's name, or the webhook endpoint's, if the alert is about one.
    about = models.CharField(_("about"), max_length=120, blank=True)
    raised_at = models.DateTimeField(_("started"))
    over_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ("-raised_at",)
        indexes = [models.Index(fields=["raised_at"], condition=Q(over_at=None), name="alert_open")]

    def __str__(self) -> str:
        return self.get_kind_display()
