"""A note: a remark of a member of staff on a request, for the others."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.models.call_request import CallRequest


class Note(models.Model):
    """One remark on a request."""

    call_request = models.ForeignKey(CallRequest, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField(_("when"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    text = models.TextField(_("note"), max_length=2000)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.call_request}: {self.at:%F %T}"
