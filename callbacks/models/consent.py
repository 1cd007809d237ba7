"""Consent: the texts as visitors saw them, and the proof of each consent."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callbacks.models.api_key import ApiKey
from callbacks.models.call_request import CallRequest
from callbacks.models.widget import Widget


class ConsentText(models.Model):
    """A consent text as visitors read it. It never changes: another text is another version."""

    widget = models.ForeignKey(Widget, on_delete=models.PROTECT, related_name="consent_texts")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("text"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    created_at = models.DateTimeField(_("first used"))

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ("widget", "language", "-version")
        constraints = [
            models.UniqueConstraint(
                fields=["widget", "language", "version"], name="versions_are_numbered"
            ),
            models.UniqueConstraint(
                fields=["widget", "language", "digest"], name="a_text_is_one_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.widget} {self.language} v{self.version}"


class ConsentEvent(models.TextChoices):
    """What a proof is evidence of."""

    GIVEN = "given", _("Given")
    # A system of the company says that the visitor agreed. We did not see it.
    VOUCHED = "vouched", _("Vouched for by a system")
    CORRECTED = "corrected", _("Number corrected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# A request begins with one of these events.
FIRST_EVENTS = (ConsentEvent.GIVEN, ConsentEvent.VOUCHED)


class ConsentProof(models.Model):
    """Evidence of one event. Rows are only ever added, by `callbacks.consent.proof`.

    Number, email, address and page stand here as commitments: keyed hashes with the row's own salt.
    As long as the request is kept, they can be compared with it. An erasure deletes the salt. The
    commitments then reveal nothing any more, but the row's digest and its place in the chain can
    still be verified.
    """

    call_request = models.ForeignKey(
        CallRequest, on_delete=models.PROTECT, related_name="consent_proofs"
    )
    event = models.CharField(_("event"), max_length=10, choices=ConsentEvent)
    at = models.DateTimeField(_("when"))
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, null=True, related_name="+")
    page_url = models.CharField(_("page"), max_length=500, blank=True)
    salt = models.CharField(max_length=32, blank=True)
    page_commitment = models.CharField(max_length=64, blank=True)
    number_commitment = models.CharField(max_length=64, blank=True)
    email_commitment = models.CharField(max_length=64, blank=True)
    address_commitment = models.CharField(max_length=64, blank=True)
    # Only for consent that a system vouched for: its key, the SHA-256 of the text that the visitor
    # agreed to, and when, as the system says. `at` is when it told us.
    vouched_by = models.ForeignKey(
        ApiKey, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    text_sha256 = models.CharField(max_length=64, blank=True)
    claimed_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64)
    # The row's place in the chain, and the chain's value there. Housekeeping writes both.
    link = models.PositiveBigIntegerField(null=True, unique=True)
    chain = models.CharField(max_length=64, blank=True)
    # When the storage period of the proof ended. Only event, time, digest and chain are left then.
    emptied_at = models.DateTimeField(null=True)
    # A keyed hash of the whole row in its present state. Only intake, lifecycle, the chain, erasure
    # and retention write it.
    seal = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("proof of consent")
        verbose_name_plural = _("proofs of consent")
        ordering = ("pk",)
        indexes = [
            models.Index(fields=["id"], condition=Q(link=None), name="proof_unchained"),
            # Small. Without it, PostgreSQL reads all proofs to count who may be called again.
            models.Index(
                fields=["call_request"],
                condition=Q(event="withdrawn"),
                name="proof_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_request}: {self.event}"
