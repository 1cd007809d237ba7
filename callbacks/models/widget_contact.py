"""What a widget tells visitors about the company: who calls, from where, and how to reach it."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.contact import company_numbers, fallback_contact, phone_numbers, typed_number
from callbacks.core import origins
from callbacks.core.one_line import single_line


class WidgetContact(models.Model):
    """The part of a widget that names the company and says how to reach it."""

    company_name = models.CharField(
        _("company name"),
        max_length=100,
        blank=True,
        validators=[single_line],
        help_text=_("Visitors read it where they agree to the call, and where they can reach you."),
    )
    contact = models.CharField(
        _("contact for visitors"),
        max_length=origins.LONGEST_PAGE,
        blank=True,
        validators=[single_line],
        help_text=_(
            "How visitors reach you when you cannot call them: a phone number (a freephone or "
            "short number too), an email address or the address of a page."
        ),
    )
    privacy_url = models.CharField(
        _("privacy page"),
        max_length=origins.LONGEST_PAGE,
        blank=True,
        validators=[single_line],
        help_text=_(
            "The address of your privacy policy. The form links to it beside the consent, and the "
            "proof of consent contains it."
        ),
    )
    # In E.164.
    caller_number = models.CharField(
        _("calling number"),
        max_length=typed_number.MAX_LENGTH,
        blank=True,
        validators=[single_line],
        help_text=_(
            "The number that phones show when the call bot calls. Visitors read it after they have "
            "asked for a call, so that they recognise it."
        ),
    )

    shows_sales_call_notice = models.BooleanField(
        _("show the notice about sales calls"),
        default=True,
        help_text=_(
            "French law (Code de la consommation, art. L223-2) requires this sentence where a "
            "consumer’s phone number is asked for. It is shown only if French numbers may be "
            "called. You can change it under Texts."
        ),
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Bring the texts into the form in which they are stored.

        Raises:
            ValidationError: by field, with sentences that say what is wrong.
        """
        super().clean()
        self.company_name = self.company_name.strip()
        wrong: dict[str, ValidationError] = {}
        for name, normalised in self._normalised().items():
            if typed := getattr(self, name).strip():
                try:
                    setattr(self, name, normalised(typed))
                except ValidationError as error:
                    wrong[name] = error
            else:
                setattr(self, name, "")
        if wrong:
            raise ValidationError(wrong)

    def _normalised(self) -> dict[str, Callable[[str], str]]:
        """Return, by field, the function that checks a text and returns its stored form."""
        return {
            "contact": lambda typed: fallback_contact.normalised(typed, self._regions),
            "privacy_url": origins.page,
            "caller_number": lambda typed: company_numbers.calling(typed, self._regions),
        }

    @property
    def _regions(self) -> list[str]:
        """Return the widget's allowed regions, without those that are no regions."""
        known = phone_numbers.supported_regions()
        listed = getattr(self, "allowed_regions", None)
        return [region for region in listed or [] if region in known] or ["FR"]

    @property
    def fallback_contact(self) -> fallback_contact.FallbackContact | None:
        """Return how visitors reach the company when it cannot call them, or None."""
        return fallback_contact.of(self.contact, self._regions)

    @property
    def shown_caller_number(self) -> str:
        """Return the number that calls come from as visitors read it, or "" if it is not known."""
        number = self.caller_number
        return company_numbers.shown(number, self._regions) if number else ""
