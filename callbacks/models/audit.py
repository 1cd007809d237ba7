"""The audit trail: who did what, when, to what. Rows are only ever added."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """Written by `callbacks.accounts.audit_log`. Holds no number and no email."""

    at = models.DateTimeField(_("when"), db_index=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    # Stays readable when the account is deleted.
    person_name = models.CharField(_("name"), max_length=150)
    action = models.CharField(_("action"), max_length=40)
    about = models.CharField(_("about"), max_length=200, blank=True)
    detail = models.CharField(_("detail"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ("-at", "-pk")
        indexes = [
            models.Index(fields=["action", "-at"], name="audit_by_action"),
            models.Index(fields=["person_name", "-at"], name="audit_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.action}"
