"""An API key: what a company's own systems sign in with."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.models.widget import Widget


class Scope(models.TextChoices):
    """What an API key may do."""

    READ = "requests:read", _("Read requests")
    WRITE = "requests:write", _("Create, cancel and move requests")
    BLOCKS = "blocks:read", _("Read the block list")
    BLOCKS_WRITE = "blocks:write", _("Add to the block list and remove from it")
    NUMBERS = "numbers:read", _("See numbers and emails in full")


class ApiKey(models.Model):
    """A key for the API, of one widget or of all. Only the SHA-256 of its secret is stored.

    A rotation gives the same key a new secret, so what belongs to the key stays its own.

    Written by `callbacks.accounts.api_keys`.
    """

    name = models.CharField(_("name"), max_length=100)
    # None: the key is for all widgets.
    widget = models.ForeignKey(
        Widget,
        verbose_name=_("widget"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    scopes = models.JSONField(_("scopes"), default=list)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # The last characters of the secret, by which people recognise the key.
    ending = models.CharField(_("ends with"), max_length=4)
    # The secret before the last rotation, which still works until then.
    previous_digest = models.CharField(max_length=64, blank=True, editable=False)
    previous_ending = models.CharField(max_length=4, blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    # Written once a minute at most.
    last_used_at = models.DateTimeField(_("last used"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.name

    def has_scope(self, scope: Scope) -> bool:
        """Return whether the key may do this."""
        return scope in self.scopes
