"""A refusal: a form was not accepted, when, by which rule, and how often. It names nobody."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.models.widget import Widget


class RefusalKind(models.TextChoices):
    """The rule by which a form was refused."""

    NUMBER = "number", _("Limit per number")
    WIDGET = "widget", _("Limit per widget")
    ACCOUNT = "account", _("Limit for all widgets")
    ADDRESS = "address", _("Limit per IP address")
    BUSY = "busy", _("Queue too long")
    BLOCKED = "blocked", _("Block list")
    BOT = "bot", _("Suspected bot")
    PAUSED = "paused", _("Widget paused")


class Refusal(models.Model):
    """All equal refusals within one minute, as one row, so that a flood stays small."""

    minute = models.DateTimeField(_("when"))
    widget = models.ForeignKey(Widget, on_delete=models.CASCADE, related_name="refusals")
    kind = models.CharField(_("why"), max_length=10, choices=RefusalKind)
    # Keyed hashes: they show whether one number or address was refused, or many.
    number_hash = models.CharField(max_length=40, blank=True)
    address_hash = models.CharField(max_length=40, blank=True)
    count = models.PositiveIntegerField(_("number of times"), default=1)

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        ordering = ("-minute", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["minute", "widget", "kind", "number_hash", "address_hash"],
                name="refusals_are_counted",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} x {self.count}"
