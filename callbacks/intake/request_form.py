"""Step 1, clean: turn the typed texts into values, or into a sentence for each wrong field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from callbacks.contact import email_addresses, number_sentences, phone_numbers
from callbacks.contact.e164 import E164Number
from callbacks.core.one_line import single_line
from callbacks.intake import extra_form_fields
from callbacks.intake.errors import Invalid
from callbacks.intake.submission import Submission
from callbacks.models import Widget
from callbacks.scheduling import slots
from callbacks.scheduling.slots import When
from callbacks.widgets import answers
from callbacks.widgets.answers import Answers, Value


class NumberFormField(PhoneNumberField):  # type: ignore[misc]
    """A number that may be called in one of `regions` (ISO 3166). Its value is an `E164Number`."""

    # The library's own validator is removed: it accepts more numbers than may be called.
    default_validators: list[Any] = []
    regions: Sequence[str] = ("FR",)

    def to_python(self, value: object) -> E164Number:
        """Return the number.

        Raises:
            ValidationError: with a sentence for the visitor.
        """
        try:
            return phone_numbers.parse(str(value or ""), self.regions)
        except phone_numbers.NumberRefused as refused:
            sentence = number_sentences.of(refused, self.regions)
            raise ValidationError(sentence, code=refused.reason) from None


def cleaned_number(typed: str, widget: Widget) -> E164Number:
    """Return the number that was typed, by itself and not in a form, for a call by `widget`.

    Raises:
        Invalid: with a sentence for the field `number`.
    """
    field = NumberFormField()
    field.regions = widget.allowed_regions
    try:
        return cast(E164Number, field.clean(typed))
    except ValidationError as error:
        raise Invalid({"number": error.messages[0]}) from None


class EmailFormField(forms.CharField):
    """An email address, byte for byte as it was typed (see `contact.email_addresses`).

    Django's own field is not used: it changes the address, as browsers do with `type="email"`.
    """

    def to_python(self, value: object) -> str:
        """Return the address, or "" if it is empty and not required.

        Raises:
            ValidationError: with a sentence for the visitor.
        """
        typed = str(value or "")
        if not self.required and not typed.strip():
            return ""
        try:
            return email_addresses.clean(typed)
        except email_addresses.EmailRefused as refused:
            raise ValidationError(str(refused.message), code="email") from None


class IdentifierFormField(forms.CharField):
    """What a company's own system identifies the visitor by, byte for byte; on one line."""

    def __init__(self) -> None:
        super().__init__(
            strip=False, max_length=email_addresses.MAX_LENGTH, validators=[single_line]
        )


WHEN_SENTENCE = _("Choose when we should call you.")


class WhenFormField(forms.CharField):
    """When to call: a `When`, or the start of a time slot (UTC). A missing value means now."""

    def to_python(self, value: object) -> When | datetime:  # type: ignore[override]
        """Return what was chosen.

        Raises:
            ValidationError: with a sentence for the visitor.
        """
        try:
            return slots.read_when(str(value or When.NOW))
        except ValueError:
            raise ValidationError(WHEN_SENTENCE, code="when") from None


class RequestForm(forms.Form):
    """The form that a visitor fills in to be called, with the rules of its widget."""

    number = NumberFormField()
    email = EmailFormField()
    when = WhenFormField(required=False)
    consent = forms.BooleanField(
        error_messages={
            "required": _(
                "Tick this box to agree to the call. We can't call you without your consent."
            )
        }
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        widget: Widget,
        is_identifier: bool = False,
        asks_answers: bool = True,
    ) -> None:
        super().__init__(data)
        if asks_answers and widget.extra_fields:
            additional = extra_form_fields.form_fields(widget)
            self.fields.update(additional)
            # As on the page, so that the list of errors has the same order.
            self.order_fields(["number", "email", *additional, "when", "consent"])
        if is_identifier:
            self.fields["email"] = IdentifierFormField()
        self.fields["number"].regions = widget.allowed_regions  # type: ignore[attr-defined]
        self.fields["email"].required = widget.email_required


@dataclass(frozen=True)
class Cleaned:
    """The values of a form: the number, the email as it will be sent ("" for none), and when.

    `answers` are those to the widget's additional fields.
    """

    number: E164Number
    email: str
    when: When | datetime = When.NOW
    answers: Answers = field(default_factory=Answers)


def _codes(form: RequestForm) -> dict[str, str]:
    """Return what is wrong with each field, in one word for programs."""
    return {name: str(errors[0].code or "") for name, errors in form.errors.as_data().items()}


def cleaned(submission: Submission) -> Cleaned:
    """Return the values of the typed texts.

    Raises:
        Invalid: with a sentence for each wrong field.
    """
    widget, kept = submission.widget, submission.kept_answers
    typed: dict[str, Any] = {
        "number": submission.number,
        "email": submission.email,
        "when": submission.when,
        "consent": submission.consent,
    }
    typed |= {extra_form_fields.PREFIX + key: value for key, value in submission.answers.items()}
    form = RequestForm(
        typed,
        widget=widget,
        is_identifier=submission.is_identifier,
        asks_answers=kept is None,
    )
    if form.errors:
        raise Invalid(
            {name: str(sentences[0]) for name, sentences in form.errors.items()},
            _codes(form),
        )
    number, email, when = (form.cleaned_data[name] for name in ("number", "email", "when"))
    return Cleaned(number, email, when, _answers(widget, form) if kept is None else kept)


def _answers(widget: Widget, form: RequestForm) -> Answers:
    """Return the answers of a form without errors."""
    if not widget.extra_fields:
        return Answers()
    asked = widget.asked_fields
    values: dict[str, Value] = {
        one.key: form.cleaned_data[extra_form_fields.name_of(one)] for one in asked
    }
    return answers.split(asked, values)
