"""Erasures and purges: the certificates that personal data was deleted. They name nobody."""

from django.conf import settings
from django.db import models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _


def new_certificate_number() -> str:
    return get_random_string(12, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789")


class ErasureCause(models.TextChoices):
    REQUEST = "request", _("Requested by the person")
    RETENTION = "retention", _("Storage period over")


class Erasure(models.Model):
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
    # How many rows, by kind: requests, addresses, proofs, limits, blocks.
    counts = models.JSONField(_("erased data"), default=dict)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return self.certificate
