"""An entry of the block list: what gets no call, or no email.

It is a number, the beginning of numbers, an email domain, an IP address or a network; or the email
address of a person who wants no more emails, which keeps nobody from being called.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.core.fields import PersonalField
from callbacks.models.api_key import ApiKey


class BlockKind(models.TextChoices):
    """What an entry of the block list matches."""

    NUMBER = "number", _("Number")
    PREFIX = "prefix", _("Numbers starting with")
    DOMAIN = "domain", _("Email domain")
    ADDRESS = "address", _("IP address or network")
    MAIL = "mail", _("Emails to")


class Block(models.Model):
    """One entry of the block list. Written by `callbacks.abuse.block_list`.

    `key` is the fingerprint by which the entry is found. `value` is what staff see, encrypted if
    encryption is on.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=BlockKind)
    value = PersonalField(_("value"))
    key = models.CharField(max_length=120, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("since"))
    until = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Leave empty to block permanently.")
    )
    # Empty if a visitor asked for it ("don't call me again"), or a system of the company.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    # The system of the company that added it, if one did.
    api_key = models.ForeignKey(
        ApiKey,
        verbose_name=_("API key"),
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("block list")
        ordering = ("-created_at", "-pk")
        constraints = [models.UniqueConstraint(fields=["key"], name="blocked_once")]
        # An import adds tens of thousands of entries, so each order of the list has an index.
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="block_newest"),
            models.Index(fields=["kind", "-created_at", "-id"], name="block_by_kind"),
            models.Index(fields=["until"], name="block_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"
