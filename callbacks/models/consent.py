"""Consent: the texts as they were shown, and the proof that each request was consented to."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callbacks.models.call_request import CallRequest
from callbacks.models.widget import Widget


class ConsentText(models.Model):
    """A consent text as visitors read it. Never changed: another text is another version."""

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
    GIVEN = "given", _("Given")
    CORRECTED = "corrected", _("Number corrected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ConsentProof(models.Model):
    """Evidence of one event. Rows are only ever added; written by `callbacks.consent.proof`.

    Number, email, address and page are there as commitments: keyed hashes with the row's own
    salt. As long as the request is kept they can be held against it; an erasure deletes the salt,
    and then they say nothing any more, but the row's digest and its place in the chain still hold.
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
    digest = models.CharField(max_length=64)
    # Its place in the chain and the chain's value there, given by housekeeping.
    link = models.PositiveBigIntegerField(null=True, unique=True)
    chain = models.CharField(max_length=64, blank=True)
    # The retention of proof is over: only event, time, digest and chain are left.
    emptied_at = models.DateTimeField(null=True)
    # Keyed, of the whole row as it stands. Only intake, erasure and retention write it.
    seal = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("proof of consent")
        verbose_name_plural = _("proofs of consent")
        ordering = ("pk",)
        indexes = [models.Index(fields=["id"], condition=Q(link=None), name="proof_unchained")]

    def __str__(self) -> str:
        return f"{self.call_request}: {self.event}"
