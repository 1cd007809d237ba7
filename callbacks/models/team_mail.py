"""The people of a company who get emails about the requests of a widget."""

from datetime import time

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.contact import email_addresses
from callbacks.core.fields import FingerprintField, PersonalField
from callbacks.models.widget import Widget


class TeamMailEvent(models.TextChoices):
    """What an email to the team tells of."""

    NEW = "team.new", _("New request")
    FAILED = "team.failed", _("Request failed")
    UNCERTAIN = "team.uncertain", _("Request uncertain")
    # It failed or is uncertain, and nobody has opened its page for a while.
    UNSEEN = "team.unseen", _("Request not opened yet")


class TeamMailRecipient(models.Model):
    """An address that is told what happens to a widget's requests. Written by `team_mails`."""

    widget = models.ForeignKey(
        Widget, on_delete=models.CASCADE, related_name="mail_recipients", verbose_name=_("widget")
    )
    email = PersonalField(_("email"))
    email_hash = FingerprintField(of="email")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    wants_new = models.BooleanField(_("each new request"), default=False)
    wants_problems = models.BooleanField(_("failed and uncertain requests"), default=False)
    wants_unseen = models.BooleanField(_("those not opened in time"), default=False)
    wants_digest = models.BooleanField(_("a daily summary"), default=False)
    # At which time of day, in the widget's time zone; when the next one is due (None if they want
    # none); and until when the last one told.
    digest_at = models.TimeField(_("time of the summary"), default=time(8))
    digest_due_at = models.DateTimeField(null=True, editable=False)
    digested_until = models.DateTimeField(null=True, editable=False)
    # Whether numbers and emails of visitors are written in full.
    with_contact = models.BooleanField(_("numbers and emails in full"), default=False)
    created_at = models.DateTimeField(_("added"))
    # No email before this time: what happens meanwhile is told in one.
    quiet_until = models.DateTimeField(null=True, editable=False)
    # Since when this person wants no more emails. The row stays, so that staff see it.
    stopped_at = models.DateTimeField(_("unsubscribed"), null=True, editable=False)

    class Meta:
        verbose_name = _("recipient of team emails")
        verbose_name_plural = _("recipients of team emails")
        ordering = ("created_at", "pk")
        indexes = [
            models.Index(
                fields=["digest_due_at"],
                condition=models.Q(digest_due_at__isnull=False),
                name="team_digest_due",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["widget", "email_hash"], name="team_mail_once")
        ]

    def __str__(self) -> str:
        return email_addresses.masked(self.email)
