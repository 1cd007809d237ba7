"""The audit trail: who did what, when, and to what. Rows are only ever added."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One action of a person. It contains no number and no email.

    Written by `callbacks.accounts.audit_log`.
    """

    at = models.DateTimeField(_("when"), db_index=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    # It stays readable after the account is deleted.
    person_name = models.CharField(_("name"), max_length=150)
    action = models.CharField(_("action"), max_length=40)
    about = models.CharField(_("about"), max_length=200, blank=True)
    # The row that it was about, for a link: the label of its model (`callbacks.widget`) and its
    # primary key.
    object_type = models.CharField(max_length=60, blank=True, editable=False)
    object_id = models.BigIntegerField(null=True, editable=False)
    # What the person wrote, such as why all calls were stopped.
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    # Other facts by name, such as {"entries": 12}. They become words when they are shown, in the
    # reader's language (`callbacks.staff.accounts.audit_log_words`).
    facts = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ("-at", "-pk")
        indexes = [
            models.Index(fields=["action", "-at"], name="audit_by_action"),
            models.Index(fields=["person_name", "-at"], name="audit_by_person"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
