"""A widget: one form, on one or more pages, that starts one scenario of the call bot."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from callbacks.contact import phone_numbers
from callbacks.core import campaign_names, origins
from callbacks.core.fields import PersonalField
from callbacks.core.one_line import single_line
from callbacks.models import bot_email as bot_email_text
from callbacks.models.widget_contact import WidgetContact
from callbacks.models.widget_fields import WidgetFields
from callbacks.models.widget_hours import WidgetHours


def new_public_id() -> str:
    """Return a widget's public ID: 16 letters and digits, 95 bits, impossible to guess."""
    return get_random_string(16)


def default_regions() -> list[str]:
    """Return the regions of a new widget: mainland France only."""
    return ["FR"]


def check_regions(value: object) -> None:
    """Validate a widget's allowed regions: a list of known ISO 3166 codes, without duplicates.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    known = set(phone_numbers.supported_regions())
    if not isinstance(value, list) or not value:
        raise ValidationError(_("Enter at least one country, for example FR."))
    unknown = [str(code) for code in value if code not in known]
    if unknown:
        raise ValidationError(
            _("Unknown country: %(codes)s. Use two-letter codes such as FR, RE or BE."),
            params={"codes": ", ".join(unknown)},
        )
    if len(set(value)) != len(value):
        raise ValidationError(_("A country is listed twice."))


def new_identity_secret() -> str:
    """Return the secret with which a site signs its customers' identity.

    It has 43 letters and digits: 256 bits.
    """
    return get_random_string(43)


class ProofOfWork(models.TextChoices):
    """When a form costs the visitor's browser a proof of work."""

    OFF = "off", _("Off")
    AUTOMATIC = "automatic", _("During heavy traffic")
    ALWAYS = "always", _("Always")


class Widget(WidgetHours, WidgetContact, WidgetFields):
    """A form with its texts, limits, hours and scenario."""

    name = models.CharField(_("name"), max_length=100, help_text=_("For staff only."))
    public_id = models.CharField(
        _("public ID"),
        max_length=32,
        unique=True,
        editable=False,
        default=new_public_id,
        # A part of addresses.
        validators=[
            RegexValidator(r"^[-a-zA-Z0-9_]+\Z", _("A public ID has letters, digits, - and _."))
        ],
    )
    originate = models.CharField(
        _("scenario"),
        max_length=100,
        help_text=_(
            "The codename of the call bot's scenario, given by your uh!live account manager."
        ),
    )
    # What the call bot gets as email (`models.bot_email`); "" for the visitor's own.
    bot_email = models.CharField(
        _("email for the call bot"),
        max_length=bot_email_text.LONGEST,
        blank=True,
        validators=[single_line, bot_email_text.check],
        help_text=_(
            "Leave empty to give the bot the visitor's email address. Otherwise, it gets this text "
            "in its place: {id} becomes the public ID of the request, for example lead-{id}. The "
            "call service does not check it."
        ),
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("The form of an inactive widget is not shown.")
    )
    allowed_regions = models.JSONField(
        _("allowed countries"),
        default=default_regions,
        validators=[check_regions],
        help_text=_("Where numbers may be called; FR is mainland France."),
    )
    email_required = models.BooleanField(
        _("email required"),
        default=True,
        help_text=_("If unticked, visitors may leave the email empty."),
    )
    mails_visitors = models.BooleanField(
        _("emails to visitors"),
        default=False,
        help_text=_(
            "Visitors who leave an email address get a confirmation, and an email when their call "
            "is moved, cancelled or impossible. Nothing is sent while EMAIL_HOST is not set."
        ),
    )
    unseen_minutes = models.PositiveSmallIntegerField(
        _("reminder after (minutes)"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(7 * 24 * 60)],
        help_text=_(
            "Recipients of team emails who chose it are told of a failed or uncertain request that "
            "nobody has opened for this long."
        ),
    )
    language = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        choices=settings.LANGUAGES,
        help_text=_("Leave empty to use the language of the visitor's browser."),
    )
    accent_colour = models.CharField(
        _("accent colour"),
        max_length=7,
        default="#1d4ed8",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("For example #1d4ed8."))],
    )
    patience_minutes = models.PositiveSmallIntegerField(
        _("maximum wait (minutes)"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 60)],
        help_text=_("After this time, the person is no longer called."),
    )
    daily_cap = models.PositiveIntegerField(
        _("requests per day"),
        default=500,
        validators=[MinValueValidator(1)],
        help_text=_("Further requests within 24 hours are refused."),
    )
    hourly_cap = models.PositiveIntegerField(
        _("requests per hour"),
        default=200,
        validators=[MinValueValidator(1)],
        help_text=_("Further requests within one hour are refused, and staff are alerted."),
    )
    is_paused = models.BooleanField(
        _("paused"),
        default=False,
        help_text=_(
            "Visitors see the pause message instead of the form. Waiting requests are still called."
        ),
    )
    # When the pause ends by itself; empty if a person has to end it.
    paused_until = models.DateTimeField(_("paused until"), null=True, editable=False)
    allowed_origins = models.JSONField(
        _("allowed sites"),
        default=list,
        blank=True,
        validators=[origins.check],
        help_text=_(
            "Sites that may show the widget, for example https://www.example.fr or "
            "https://*.example.fr. If empty, no site may show it."
        ),
    )
    campaign_names = models.JSONField(
        _("more campaign parameters"),
        default=list,
        blank=True,
        validators=[campaign_names.check],
        help_text=_(
            "Names of parameters in the addresses of your pages, such as gclid, which are kept "
            "with the request like utm_*. All others are dropped. After a change, paste the line "
            "again."
        ),
    )
    identity_secret = PersonalField(
        _("identity secret"),
        default=new_identity_secret,
        editable=False,
    )
    proof_of_work = models.CharField(
        _("security check"),
        max_length=10,
        choices=ProofOfWork,
        default=ProofOfWork.AUTOMATIC,
        help_text=_("A small calculation in the visitor's browser, which slows bots down."),
    )
    retention_months = models.PositiveSmallIntegerField(
        _("storage period of requests (months)"),
        default=13,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
    )
    proof_months = models.PositiveSmallIntegerField(
        _("storage period of proofs of consent (months)"),
        default=36,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
    )
    address_days = models.PositiveSmallIntegerField(
        _("storage period of IP addresses (days)"),
        default=7,
        validators=[MinValueValidator(0), MaxValueValidator(365)],
    )
    calls_per_minute = models.PositiveIntegerField(
        _("calls per minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("The most calls that start in one minute. Leave empty for no limit."),
    )
    simultaneous_calls = models.PositiveIntegerField(
        _("simultaneous calls"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("The most calls at the same time. Leave empty for no limit."),
    )
    call_seconds = models.PositiveIntegerField(
        _("assumed call length (seconds)"),
        default=180,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 3600)],
        help_text=_(
            "The call service does not report the end of a call. Each call counts as in progress "
            "for this time."
        ),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("widget")
        verbose_name_plural = _("widgets")
        ordering = ("name", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(has_hours=True) & (~Q(opening_hours="") | Q(sales_hours=True))
                | Q(has_hours=False, opening_hours="", sales_hours=False),
                name="has_hours_says_so",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the path of the form as a page of its own."""
        return reverse("public:form", args=[self.public_id])

    @property
    def patience(self) -> timedelta:
        """Return the maximum wait: how long after a request its call may still be placed."""
        return timedelta(minutes=self.patience_minutes)

    def is_paused_at(self, now: datetime) -> bool:
        """Return whether the widget is paused, and its pause has not ended at `now`."""
        return self.is_paused and (self.paused_until is None or self.paused_until > now)
