"""A phone number as a value: django-phonenumber-field's `PhoneNumber`, equal to its E.164 text.

The form, the row, templates, the admin, searches and commands all use this same type.
"""

from typing import Self

import phonenumbers
from django.db.models.query_utils import DeferredAttribute
from phonenumber_field.phonenumber import PhoneNumber

from callbacks.core.crypto import Unreadable
from callbacks.core.fields import PersonalField

# The type of a parameter: a number or its E.164 text; "" for no number.
type Number = PhoneNumber | str


class E164Number(PhoneNumber):  # type: ignore[misc]
    """A number that is equal to its E.164 text, which `str()` returns.

    The library's own class returns that text only for a number that its metadata calls valid, and
    asks the metadata each time. A stored number must stay the same when the metadata changes.
    """

    text: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the number of an E.164 text. Never raises, so that any stored text can be read."""
        number = cls(raw_input=text)
        try:
            phonenumbers.parse(text, None, numobj=number)
        except phonenumbers.NumberParseException:
            number.clear()
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return "E164Number(…)"  # a representation may be logged

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PhoneNumber | str) and self.text == str(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.text)

    def __len__(self) -> int:
        return len(self.text)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self).of, (self.text,)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class _NumberAttribute(DeferredAttribute):
    """Turn a number or text that is assigned to the field into an `E164Number`."""

    def __set__(self, instance: object, value: object) -> None:
        if isinstance(value, PhoneNumber | str) and not isinstance(value, Unreadable | E164Number):
            value = E164Number.of(str(value)) if value else ""
        instance.__dict__[self.field.attname] = value


class NumberField(PersonalField):
    """A phone number, encrypted if encryption is on.

    Its value is an `E164Number`, or "" for no number.
    """

    descriptor_class = _NumberAttribute

    def get_prep_value(self, value: object) -> object:
        return super().get_prep_value(
            str(value) if isinstance(value, PhoneNumber) else value  # as text, never as an object
        )

    def from_db_value(self, value: object, expression: object, connection: object) -> object:
        """Return an `E164Number`, "" for no number, or an `Unreadable`."""
        text = super().from_db_value(value, expression, connection)
        is_number = isinstance(text, str) and text and not isinstance(text, Unreadable)
        return E164Number.of(text) if is_number else text
