"""A move: one change of a request's status, who made it, and why. Rows are only ever added."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.models.call_request import CallRequest
from callbacks.models.status import Reason, Status


class Actor(models.TextChoices):
    """Who changed the status of a request."""

    VISITOR = "visitor", _("Visitor")
    WORKER = "worker", _("Call worker")
    HOUSEKEEPING = "housekeeping", _("Housekeeping")
    STAFF = "staff", _("Staff")
    OPERATOR = "operator", _("Operator")
    API_KEY = "api_key", _("API key")


class Move(models.Model):
    """One change of status. `person` is set if a member of staff made it."""

    call_request = models.ForeignKey(CallRequest, on_delete=models.CASCADE, related_name="moves")
    at = models.DateTimeField(_("when"))
    name = models.CharField(_("change of status"), max_length=20)
    from_status = models.CharField(_("from"), max_length=10, choices=Status)
    to_status = models.CharField(_("to"), max_length=10, choices=Status)
    actor = models.CharField(_("by"), max_length=12, choices=Actor)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)
    attempt_number = models.PositiveIntegerField(_("attempt"), null=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("change of status")
        verbose_name_plural = _("changes of status")
        ordering = ("call_request", "id")
        # The statistics of an hour are computed from the moves in it.
        indexes = [models.Index(fields=["at"], name="move_by_time")]

    def __str__(self) -> str:
        return f"{self.call_request}: {self.from_status} → {self.to_status}"
