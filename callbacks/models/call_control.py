"""The switches for all calls: staff's "Stop all calls", and the automatic pause. One row."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.models.alert import CIRCUIT_REASONS


class CircuitState(models.TextChoices):
    """The state of the automatic pause (a circuit breaker)."""

    CLOSED = "closed", _("Calls are running")
    OPEN = "open", _("Calls are paused")
    HALF_OPEN = "half_open", _("Calls are paused while one call is tried")


class CallControl(models.Model):
    """The state that every call is checked against.

    Only `callbacks.dispatch.call_switch` and `callbacks.dispatch.circuit_breaker` write it.
    """

    stopped_at = models.DateTimeField(_("stopped"), null=True)
    # When the stop ends by itself; empty if a person has to end it.
    stopped_until = models.DateTimeField(_("stopped until"), null=True)
    stopped_by = models.CharField(_("stopped by"), max_length=150, blank=True)
    stopped_note = models.CharField(_("note"), max_length=200, blank=True)

    # The call service asked for no calls until then (HTTP status 429 or `Retry-After`).
    quiet_until = models.DateTimeField(_("paused by the call service until"), null=True)

    circuit = models.CharField(
        _("automatic pause"), max_length=10, choices=CircuitState, default=CircuitState.CLOSED
    )
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    opened_at = models.DateTimeField(_("paused at"), null=True)
    opened_by = models.CharField(_("paused by"), max_length=300, blank=True)
    opened_reason = models.CharField(
        _("reason"),
        max_length=20,
        choices=[(kind.value, kind.label) for kind in CIRCUIT_REASONS],
        blank=True,
    )
    # When a worker may test whether the service is back. While a worker tests it, this is the time
    # by which the test must be over.
    probe_at = models.DateTimeField(_("next attempt"), null=True)
    probes = models.PositiveIntegerField(_("attempts made"), default=0)

    # Identifies the last restore of a backup, so that a form can tell whether it was shown before
    # it.
    restore_mark = models.CharField(max_length=16, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("calling")
        verbose_name_plural = _("calling")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_call_control")]

    def __str__(self) -> str:
        return str(_("Calling"))

    def is_stopped_at(self, now: datetime) -> bool:
        """Return whether staff have stopped all calls, and the stop has not ended at `now`."""
        is_over = self.stopped_until is not None and self.stopped_until <= now
        return self.stopped_at is not None and not is_over
