"""What the call service reports after a call: its outcome, and the refused reports."""

from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from callbacks.contact.invisible import spelt_out
from callbacks.models.call_request import CallRequest


class OutcomeStatus(models.TextChoices):
    """How the call service rated a call."""

    QUALIFIED = "qualified", pgettext_lazy("outcome", "Qualified")
    VOID = "void", pgettext_lazy("outcome", "Void")


class CallOutcome(models.Model):
    """The outcome of one call, as the call service reported it.

    It is for people: it changes no status, and no call depends on it. Written by
    `callbacks.call_outcomes`. The transcript and the customer's fields of a report are not stored.
    """

    # A keyed hash of what identifies the report, so that a repeated delivery is stored once.
    key = models.CharField(max_length=40, unique=True)
    received_at = models.DateTimeField(_("received"))
    # None if no request matches. Such a row is deleted after 30 days.
    call_request = models.ForeignKey(
        CallRequest,
        verbose_name=_("request"),
        on_delete=models.CASCADE,
        null=True,
        related_name="outcomes",
    )
    # The time in the report. None if it has none that can be read.
    reported_at = models.DateTimeField(_("time of the report"), null=True)
    service_id = models.CharField(_("call ID at the service"), max_length=100, blank=True)
    status = models.CharField(
        pgettext_lazy("of a call", "outcome"), max_length=20, choices=OutcomeStatus, blank=True
    )
    # As reported. The service documents no unit.
    duration = models.FloatField(_("duration (as reported)"), null=True)
    campaign = models.CharField(_("campaign"), max_length=100, blank=True)
    tags = models.JSONField(_("tags"), default=list)
    # Only for a row without a request, so that an erasure finds it.
    number_hash = models.CharField(max_length=40, blank=True)
    email_hash = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("call outcome")
        verbose_name_plural = _("call outcomes")
        default_permissions = ()
        ordering = ("-received_at", "-pk")
        indexes = [models.Index(fields=["received_at"], name="outcome_age")]

    def __str__(self) -> str:
        return self.service_id or self.key[:8]

    @property
    def rating(self) -> str:
        """How the service rated the call, in words: a label of ours, or its own word."""
        return spelt_out(self.get_status_display()) or gettext("Unknown")

    @property
    def shown_tags(self) -> str:
        """The tags, separated by commas. As all texts of the service, without hidden characters."""
        return spelt_out(", ".join(self.tags))

    @property
    def in_words(self) -> str:
        """The rating with the tags: "Qualified (meeting, hot)"."""
        return f"{self.rating} ({self.shown_tags})" if self.tags else self.rating


class RefusedReport(models.Model):
    """The number of reports in one hour (UTC) whose signature was wrong or missing."""

    hour = models.DateTimeField(_("hour"), unique=True)
    count = models.PositiveIntegerField(_("number of times"), default=0)

    class Meta:
        verbose_name = _("refused report")
        verbose_name_plural = _("refused reports")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.hour:%F %H} x {self.count}"
