"""How visitors reach the company when it cannot call them: a number, an email address or a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from callbacks.contact import company_numbers, email_addresses
from callbacks.core import origins

# The longest address of a page that is shown; of a longer one, only the site is.
LONGEST_SHOWN = 60


class Kind(StrEnum):
    """What a contact is."""

    NUMBER = "number"
    EMAIL = "email"
    PAGE = "page"


@dataclass(frozen=True)
class FallbackContact:
    """A contact: `href` is the address of its link, and `shown` the link's text."""

    kind: Kind
    href: str
    shown: str


def normalised(typed: str, regions: Sequence[str]) -> str:
    """Return the contact as it is stored; `regions` are those that the widget may call.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    text = typed.strip()
    match kind_of(text):
        case Kind.EMAIL:
            try:
                return email_addresses.clean(text)
            except email_addresses.EmailRefused as refused:
                raise ValidationError(str(refused.message)) from None
        case Kind.PAGE:
            return origins.page(text)
    if any(character.isalpha() for character in text):
        raise ValidationError(
            _("Enter a phone number, an email address or the address of a page (https).")
        )
    return company_numbers.dialled(text, regions)


def kind_of(text: str) -> Kind:
    """Return what the text is meant as."""
    if "://" in text:
        return Kind.PAGE
    if "@" in text:
        return Kind.EMAIL
    has_letters = any(character.isalpha() for character in text)
    return Kind.PAGE if has_letters and "." in text else Kind.NUMBER


def of(stored: str, regions: Sequence[str]) -> FallbackContact | None:
    """Return the contact in its stored form as a link, or None if there is none."""
    if not stored:
        return None
    match kind := kind_of(stored):
        case Kind.EMAIL:
            return FallbackContact(kind, f"mailto:{quote(stored, safe='@')}", stored)
        case Kind.PAGE:
            address = stored.partition("://")[2].removesuffix("/")
            site = address.partition("/")[0]
            return FallbackContact(kind, stored, address if len(address) <= LONGEST_SHOWN else site)
    return FallbackContact(kind, f"tel:{stored}", company_numbers.shown(stored, regions))
