"""The outbox: one row for each message that leaves the site for one recipient by one channel."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callbacks.models.alert import Alert
from callbacks.models.call_request import CallRequest
from callbacks.models.team_mail import TeamMailRecipient
from callbacks.models.webhook import WebhookEndpoint


class MessageKind(models.TextChoices):
    """What a message is. The worker's `outbox_sender` names the function that sends each kind."""

    ALERT = "alert", _("Alert")
    WEBHOOK = "webhook", _("Webhook")
    VISITOR_MAIL = "visitor_mail", _("Email to a visitor")
    TEAM_MAIL = "team_mail", _("Email to the team")
    TEAM_DIGEST = "team_digest", _("Daily summary to the team")


class MailEvent(models.TextChoices):
    """What an email to a visitor tells them."""

    ASKED = "asked", _("Request received")
    MOVED = "moved", _("Call moved")
    CONFIRMED = "confirmed", _("Call confirmed")
    CANCELLED = "cancelled", _("Request cancelled")
    FAILED = "failed", _("No call")
    UNCERTAIN = "uncertain", _("Call uncertain")


class Channel(models.TextChoices):
    """By which way a message leaves the site."""

    EMAIL = "email", _("Email")
    WEBHOOK = "webhook", _("Webhook")


class MessageState(models.TextChoices):
    """Where a message is. All but the first are final."""

    WAITING = "waiting", pgettext_lazy("message", "Waiting")
    SENT = "sent", pgettext_lazy("message", "Sent")
    # There was nothing to send any more.
    DROPPED = "dropped", pgettext_lazy("message", "Not needed")
    FAILED = "failed", pgettext_lazy("message", "Not sent")


class OutboxMessage(models.Model):
    """A message to send. Written by `notifications.outbox`, and by the statements of moves.

    It holds no text and no address. The text is built when it is sent, from the row that the
    message is about. So an erasure of that row reaches what waits here.
    """

    kind = models.CharField(_("kind"), max_length=20, choices=MessageKind)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    # The keyed hash of the address (`crypto.email_hash`); "" if the channel has one recipient only.
    recipient = models.CharField(max_length=40, blank=True, editable=False)
    # What happened, for the kinds that tell of more than one thing: a `MailEvent`, a
    # `TeamMailEvent` or a `WebhookEvent`.
    event = models.CharField(max_length=40, blank=True)
    # What the message is about: exactly one of these is set. A test of an endpoint and a daily
    # summary are about none.
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, null=True, related_name="messages")
    call_request = models.ForeignKey(
        CallRequest, on_delete=models.CASCADE, null=True, related_name="messages"
    )
    # To which endpoint a webhook goes.
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, null=True, related_name="messages"
    )
    # To whom an email to the team goes.
    team_recipient = models.ForeignKey(
        TeamMailRecipient, on_delete=models.CASCADE, null=True, related_name="messages"
    )
    created_at = models.DateTimeField(_("created"))
    # When to send it next. A sender first moves this time forward, so that no other process sends
    # the same message, and so that a failed sending is not repeated at once.
    due_at = models.DateTimeField(_("next attempt"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # Since when the message counts towards the daily limit of its recipient (`visitor_mails`).
    admitted_at = models.DateTimeField(null=True, editable=False)
    state = models.CharField(
        _("status"), max_length=10, choices=MessageState, default=MessageState.WAITING
    )
    ended_at = models.DateTimeField(_("ended"), null=True)
    # Why the last attempt did not send it: a code, never the words of the other side.
    problem = models.CharField(_("problem"), max_length=60, blank=True)
    # What a webhook endpoint answered last: None if nothing came, and the answer's beginning.
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    excerpt = models.CharField(_("answer"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("outbox")
        ordering = ("-created_at", "-pk")
        indexes = [
            models.Index(
                fields=["due_at", "kind"],
                condition=Q(state="waiting", endpoint=None),
                name="outbox_waiting",
            ),
            # Each endpoint by itself: however many messages wait for one, the others are found.
            models.Index(
                fields=["endpoint", "due_at"],
                condition=Q(state="waiting", endpoint__isnull=False),
                name="outbox_for_endpoint",
            ),
            models.Index(fields=["-created_at", "-id"], name="outbox_newest"),
            models.Index(fields=["state", "created_at", "id"], name="outbox_by_state"),
            models.Index(fields=["recipient", "created_at"], name="outbox_by_recipient"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(alert__isnull=False, call_request__isnull=True)
                | Q(alert__isnull=True, call_request__isnull=False)
                | Q(alert=None, call_request=None, event="webhook.test")
                | Q(alert=None, call_request=None, kind="team_digest"),
                name="message_is_about_one_thing",
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
