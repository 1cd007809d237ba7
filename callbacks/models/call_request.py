"""A request: a visitor asked to be called. This table is the queue."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from callbacks.contact.e164 import NumberField
from callbacks.core import clock
from callbacks.core.fields import FingerprintField, PersonalField
from callbacks.models.status import Reason, Status
from callbacks.models.widget import Widget


def new_token() -> str:
    """Return the key of a visitor's page: 22 letters and digits, 131 bits, impossible to guess."""
    return get_random_string(22)


def new_public_id() -> str:
    """Return a request's public ID, which opens nothing: 16 capitals and digits, 80 bits.

    It has no 0, 1, I or O, so that it can be read out on the telephone.
    """
    return get_random_string(16, "23456789ABCDEFGHJKLMNPQRSTUVWXYZ")


# The beginning of the nonce of a test call, which an operator asks for. No form has such a nonce.
TEST_CALL = "test-call-"


def of_widget(pk: int) -> Q:
    """Return the condition for the requests of a widget, and those about its topics.

    The SQL of webhooks and of team emails has the same rule.
    """
    return Q(widget=pk) | Q(offered_by=pk)


class CallRequest(models.Model):
    """A visitor's request for a call, and its place in the queue.

    Only `lifecycle.transitions` and `lifecycle.worker_moves` change `status`. `intake/intake.sql`
    writes the first one.
    """

    widget = models.ForeignKey(
        Widget,
        on_delete=models.PROTECT,
        related_name="requests",
        verbose_name=_("widget"),
        db_index=False,  # the indexes below begin with the widget
    )
    # The name of the request in staff pages, logs, exports and support.
    public_id = models.CharField(
        _("public ID"), max_length=16, unique=True, editable=False, default=new_public_id
    )
    # The key of the visitor's page, which can cancel the request and block the number. It appears
    # in the visitor's links only.
    token = models.CharField(max_length=32, unique=True, editable=False, default=new_token)
    # The idempotency key: the form's nonce. A form that is sent twice leads to one request.
    nonce = models.CharField(max_length=64, unique=True)
    number = NumberField(_("number"), help_text=_("E.164"), blank=True)
    number_hash = FingerprintField(of="number")
    # The time zone of the person with this number (`hours.sales_hours.consumer_zone`). It matters
    # only to a widget that keeps to the legal hours of sales calls.
    consumer_zone = models.CharField(max_length=64, blank=True, editable=False)
    email = PersonalField(_("email"), blank=True)
    email_hash = FingerprintField(of="email")
    # What the call bot gets in the place of the email (`models.bot_email`); "" for the email.
    bot_email = models.CharField(
        _("email for the call bot"), max_length=254, blank=True, editable=False
    )
    # True if the site that showed the form signed the number and email with its secret.
    is_verified = models.BooleanField(_("verified by the site"), default=False)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    consent_text = models.TextField(_("consent text"))
    consent_at = models.DateTimeField(_("consent given"))
    created_at = models.DateTimeField(_("requested"))
    # The page the visitor asked from, as far as the page told. Of its query, only the parameters of
    # a campaign are kept: utm_*, and those in `Widget.campaign_names`.
    page_url = models.CharField(_("page"), max_length=500, blank=True)
    page_title = models.CharField(_("page title"), max_length=200, blank=True)
    referrer = models.CharField(_("came from"), max_length=500, blank=True)
    campaign = models.JSONField(_("campaign"), default=dict, blank=True)
    # The answers to the widget's additional fields, by key (`callbacks.widgets.answers`): those to
    # personal fields are JSON text, encrypted as the email is.
    answers = models.JSONField(_("answers"), default=dict, blank=True, editable=False)
    personal_answers = PersonalField(_("personal answers"), blank=True, editable=False)
    # The topic that the visitor chose, and its label as they read it. Both stay when the topic is
    # renamed or removed. `offered_by` is the widget that offered it. The name is null without a
    # topic, so that its index has only what is about one.
    topic = models.CharField(  # noqa: DJ001
        _("name of the topic"), max_length=40, null=True, editable=False
    )
    topic_label = models.CharField(_("topic"), max_length=100, blank=True, editable=False)
    offered_by = models.ForeignKey(
        Widget,
        verbose_name=_("offered by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="requests_about_topics",
        db_index=False,  # the index `request_by_offer` begins with it
    )
    # The raw address is kept for a few days only: `Widget.address_days`.
    address = PersonalField(_("IP address"), blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)
    # When the request's page was first opened after its number was sent
    # (`callbacks.public.status.sender`).
    viewed_at = models.DateTimeField(null=True, editable=False)
    # When the visitor added the number to the block list from this request, if it was not on the
    # list before. It equals the time of that entry, by which an undo finds it.
    blocked_at = models.DateTimeField(null=True, editable=False)

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.QUEUED, editable=False
    )
    reason = models.CharField(
        _("reason"), max_length=20, choices=Reason, blank=True, editable=False
    )
    status_at = models.DateTimeField(_("in this status since"), editable=False)
    # The earliest time for the call: the time that a person chose (`is_scheduled`), or the time at
    # which they asked for a call now. A chosen time is always respected. A time for "now" that lies
    # in the future is a clock's mistake.
    due_at = models.DateTimeField(_("due"), editable=False)
    is_scheduled = models.BooleanField(default=False, editable=False)
    # The time slot that the visitor chose. Empty for a call now, or at the next opening.
    slot_start = models.DateTimeField(_("start of the time slot"), null=True, editable=False)
    slot_end = models.DateTimeField(_("end of the time slot"), null=True, editable=False)
    # The `due_at` at which a person confirmed the call in its time slot, outside the opening hours
    # (`lifecycle.confirming`). It counts only while it equals `due_at`.
    confirmed_for = models.DateTimeField(null=True, editable=False)
    # What the form asked for: `opening`, or the start of a time slot; "" for now. It stays as it is
    # when the visitor moves the call, so that the same form is recognised.
    asked_for = models.CharField(max_length=20, blank=True, editable=False)
    # No new attempt before this time, because the last one did not place the call; and when a
    # machine computed that time.
    backoff_until = models.DateTimeField(null=True, editable=False)
    backoff_since = models.DateTimeField(null=True, editable=False)
    patience_until = models.DateTimeField(_("end of the maximum wait"), editable=False)
    # The place in the queue: a virtual time that is fair between widgets (`scheduling.fair_queue`).
    # None until the request is due for the first time.
    queue_position = models.BigIntegerField(editable=False, default=0, null=True)
    attempts_made = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    # The attempts since the maximum wait began that were postponed or not sent. The backoff grows
    # with this number.
    put_off_count = models.PositiveIntegerField(default=0, editable=False)
    # How often a startcall was sent since a person last asked for the call (by the form or a
    # retry).
    sends_since_asked = models.PositiveSmallIntegerField(default=0, editable=False)
    retried_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("retried by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ("-created_at", "-pk")
        permissions = [
            ("act_on_callrequest", "Can retry, mark, cancel, close and annotate requests"),
            ("unmask_callrequest", "Can see numbers and email addresses, one request at a time"),
            ("export_callrequest", "Can export requests"),
            ("erase_callrequest", "Can erase personal data"),
        ]
        indexes = [
            models.Index(
                fields=["queue_position", "id"],
                condition=Q(status="queued", queue_position__isnull=False),
                name="queue_order",
            ),
            models.Index(
                fields=["widget", "queue_position"],
                condition=Q(status="queued", queue_position__isnull=False),
                name="queue_of_a_widget",
            ),
            # What joins the queue once it is due.
            models.Index(
                fields=["due_at", "id"],
                condition=Q(status="queued", queue_position=None),
                name="queue_to_join",
            ),
            models.Index(
                fields=["patience_until"], condition=Q(status="queued"), name="queue_patience"
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(status="queued", queue_position__isnull=False),
                name="queue_now",
            ),
            # Counts the places that are taken in time slots, without reading the requests.
            models.Index(
                fields=["widget", "slot_start", "slot_end", "status"],
                condition=Q(slot_start__isnull=False),
                name="request_by_slot",
            ),
            # The lists read these indexes backwards. Each has the whole order of its list;
            # otherwise SQLite would search through all requests, from the newest on.
            models.Index(fields=["-created_at", "-id"], name="request_newest"),
            models.Index(fields=["number_hash", "created_at", "id"], name="request_by_number"),
            models.Index(fields=["email_hash", "created_at", "id"], name="request_by_email"),
            models.Index(fields=["status", "created_at", "id"], name="request_by_status"),
            models.Index(fields=["widget", "created_at", "id"], name="request_by_widget"),
            models.Index(fields=["reason", "created_at", "id"], name="request_by_reason"),
            models.Index(
                fields=["widget", "reason", "created_at", "id"], name="request_by_widget_reason"
            ),
            # Those about a topic, by the widget that offered it.
            models.Index(
                fields=["offered_by", "created_at", "id"],
                condition=Q(offered_by__isnull=False),
                name="request_by_offer",
            ),
            models.Index(
                fields=["topic", "created_at", "id"],
                condition=Q(topic__isnull=False),
                name="request_by_topic",
            ),
            # Finds the requests that failed lately, among all that ever failed.
            models.Index(fields=["status", "-status_at"], name="request_by_change"),
        ]
        constraints = [
            # Only a request for a later time joins the queue later than it was made.
            models.CheckConstraint(
                condition=Q(is_scheduled=True) | Q(queue_position__isnull=False),
                name="now_has_a_place",
            ),
            models.CheckConstraint(
                condition=Q(slot_start__isnull=True, slot_end__isnull=True)
                | Q(slot_start__isnull=False, slot_end__isnull=False, slot_start__lt=F("slot_end")),
                name="slot_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        """Return the path of the page that tells the visitor what became of the request."""
        return reverse("public:status", args=[self.token])

    def waits_until(self, now: datetime) -> datetime | None:
        """Return the time before which the request is not due, or None if it is due at `now`."""
        times = [self.due_at] if self.is_scheduled else []
        if (
            self.backoff_until
            and self.backoff_since
            and not clock.was_set_back(self.backoff_since, now)
        ):
            times.append(self.backoff_until)
        return max((time for time in times if time > now), default=None)

    def ends_at(self, now: datetime) -> datetime:
        """Return when the request's maximum wait ends, as far as that is known at `now`.

        If the clock was set back since the request, the whole maximum wait counts from `now`.
        """
        if not self.is_scheduled and clock.was_set_back(self.due_at, now):
            return now + (self.patience_until - self.due_at)
        return self.patience_until

    @property
    def is_test_call(self) -> bool:
        """Return whether an operator asked for this call, to test the site."""
        return self.nonce.startswith(TEST_CALL)

    @property
    def is_over(self) -> bool:
        """Return whether nothing more happens to the request unless a person acts."""
        return self.status not in {Status.QUEUED, Status.CALLING}
