"""An attempt: one try to place the call of a request, and its result."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callbacks.models.call_request import CallRequest
from callbacks.models.widget import Widget

# How much longer than its deadline an attempt may take to write its result.
GRACE = timedelta(seconds=15)


class Outcome(models.TextChoices):
    """What an attempt led to."""

    PENDING = "pending", _("In progress")
    ACCEPTED = "accepted", _("Accepted: the phone is ringing")
    NOT_SENT = "not_sent", _("Not sent")
    TRY_LATER = "try_later", _("Postponed by the call service")
    REFUSED = "refused", pgettext_lazy("attempt", "Refused")
    UNKNOWN = "unknown", _("Sent, result unknown")


# With these outcomes, a phone may have rung; with the others, certainly none has.
MAY_HAVE_RUNG = (Outcome.PENDING, Outcome.ACCEPTED, Outcome.UNKNOWN)
WITHOUT_A_CALL = tuple(outcome for outcome in Outcome if outcome not in MAY_HAVE_RUNG)


class Attempt(models.Model):
    """One try to place a call. A request has at most one attempt in progress."""

    call_request = models.ForeignKey(CallRequest, on_delete=models.CASCADE, related_name="attempts")
    # The request's widget, repeated here so that the calls of a widget are counted from one index.
    widget = models.ForeignKey(Widget, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField(_("attempt"))
    queue_position = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(_("started"))
    # By this time the worker has written a result or is dead. Housekeeping waits `GRACE` longer.
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
    # How often the bytes of a startcall were sent, and the HTTP status of each answer: "307,200",
    # with "-" for no answer. Both are written when the attempt ends.
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
