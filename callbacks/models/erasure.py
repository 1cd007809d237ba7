"""Certificates that personal data was deleted, by an erasure or by retention. They name nobody."""

from django.conf import settings
from django.db import models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _


def new_certificate_number() -> str:
    """Return the number of a certificate: 12 capitals and digits, without 0, 1, I and O."""
    return get_random_string(12, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789")


class ErasureCause(models.TextChoices):
    """Why personal data was deleted."""

    REQUEST = "request", _("Requested by the person")
    RETENTION = "retention", _("Storage period over")


class Erasure(models.Model):
    """One certificate. `person` is the member of staff who erased; empty if none did."""

    certificate = models.CharField(
        _("certificate"), max_length=12, unique=True, default=new_certificate_number
    )
    at = models.DateTimeField(_("when"))
    cause = models.CharField(_("reason"), max_length=10, choices=ErasureCause)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    # The number of rows by kind: requests, addresses, proofs, limits, blocks, refusals. For
    # retention, also the widget's name.
    counts = models.JSONField(_("erased data"), default=dict)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return self.certificate
