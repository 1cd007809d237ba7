"""An attempt: one try to place a request's call, and what came back."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callbacks.models.call_request import CallRequest
from callbacks.models.widget import Widget

# How much longer than its deadline an attempt may take to write its answer down.
GRACE = timedelta(seconds=15)


class Outcome(models.TextChoices):
    PENDING = "pending", _("In progress")
    ACCEPTED = "accepted", _("Accepted: the phone is ringing")
    NOT_SENT = "not_sent", _("Not sent")
    TRY_LATER = "try_later", _("Postponed by the call service")
    REFUSED = "refused", pgettext_lazy("attempt", "Refused")
    UNKNOWN = "unknown", _("Sent, result unknown")


class Attempt(models.Model):
    call_request = models.ForeignKey(CallRequest, on_delete=models.CASCADE, related_name="attempts")
    # The same as the request's, so that pacing a widget reads one index.
    widget = models.ForeignKey(Widget, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField(_("attempt"))
    queue_position = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(_("started"))
    # Until then the worker has answered or is dead; housekeeping waits a little longer.
    deadline_at = models.DateTimeField(_("deadline"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), null=True)
    worker = models.CharField(_("call worker"), max_length=300)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        help_text=_("Empty if automatic."),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    service = models.CharField(_("call service"), max_length=255)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=Outcome, default=Outcome.PENDING
    )
    code = models.CharField(_("code"), max_length=40, blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    excerpt = models.CharField(_("answer"), max_length=500, blank=True)
    # How often bytes of a startcall went out, and what each was answered with: "307,200", "-" for
    # no answer. Both are written when the attempt ends.
    sends = models.PositiveSmallIntegerField(_("sends"), default=0)
    answers = models.CharField(_("answers"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ("call_request", "number")
        constraints = [
            models.UniqueConstraint(
                fields=["call_request", "number"], name="attempts_are_numbered"
            ),
            models.UniqueConstraint(
                fields=["call_request"],
                condition=Q(outcome="pending"),
                name="one_attempt_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["started_at"], name="attempt_pace"),
            models.Index(fields=["widget", "started_at"], name="attempt_pace_of_a_widget"),
            models.Index(fields=["widget", "queue_position"], name="attempt_position_of_a_widget"),
            models.Index(
                fields=["deadline_at"], condition=Q(outcome="pending"), name="attempt_overdue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_request}.{self.number}"
