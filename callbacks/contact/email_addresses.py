"""Which email addresses are taken from a visitor, and how they are shown.

The bot identifies the caller by the address, so it reaches the Call API exactly as it was typed:
nothing inside it is trimmed, lower-cased or normalised.
"""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks.contact.invisible import is_invisible, trimmed

MAX_LENGTH = 254
"""Characters; the longest address that SMTP can carry (RFC 5321, erratum 1690)."""

# Never part of an address: control and format characters (inside, a zero-width one changes who
# is identified, a direction override what staff read), lone surrogates, separators.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})

# Django's rules take `localhost` beside what has a domain.
_validate = EmailValidator(allowlist=[])


class EmailRefused(ValueError):
    """The address is not taken. `message` is for the visitor; neither it nor `str()` contains the
    address."""

    def __init__(self, message: Promise) -> None:
        super().__init__("not an email address")
        self.message = message


def clean(typed: str) -> str:
    """The address as the Call API gets it, from what a visitor typed.

    White space and invisible characters around it are removed; the rest is returned unchanged.
    Raises EmailRefused, and nothing else, when that is not the form of an address: Django's rules,
    beyond them letters of any script before the @ (RFC 6531), as in réception@exemple.fr, and a
    domain behind it: neither `localhost` nor an IP address.
    """
    email = trimmed(typed)
    if not email:
        raise EmailRefused(_("Enter your email address, for example name@example.com."))
    if len(email) > MAX_LENGTH or not _well_formed(email):
        raise EmailRefused(_objection(email))
    return email


def masked(email: str) -> str:
    """The address for lists and logs: first letter and domain, such as "j•••@example.fr". A local
    part of one letter is hidden, as is a text that is no address. Never raises."""
    local, _at, domain = email.rpartition("@")
    if not local or not domain or not email.isprintable():
        return "•••"
    return f"{local[0] if len(local) > 1 else ''}•••@{domain}"


def _objection(email: str) -> Promise:
    """Return what is wrong with a text that is no address."""
    if email.startswith(("+", "0")) and not any(c.isalpha() or c == "@" for c in email):
        return _("This is a phone number. Enter an email address, for example name@example.com.")
    if "@" not in email:
        return _("An email address contains an @. Enter it like this: name@example.com.")
    if "." not in email.rpartition("@")[2]:
        return _(
            "This email address is not complete after the @. Enter it like this: name@example.com."
        )
    return _(
        "This is not an email address: it has a character too many, or one that is not allowed. "
        "Enter one address like this: name@example.com."
    )


def _well_formed(email: str) -> bool:
    if any(unicodedata.category(c) in _REFUSED_CATEGORIES or is_invisible(c) for c in email):
        return False
    local, at, domain = email.rpartition("@")
    top = domain.rpartition(".")[2]
    if domain.startswith("[") or top.isdigit() or top.lower() == "localhost":
        return False  # no mail host of the internet, but an IP address or the server itself
    # Django's validator knows ASCII local parts only: to it, every other letter is an "x".
    plain = "".join("x" if not c.isascii() and _is_letter(c) else c for c in local)
    try:
        _validate(plain + at + domain)
    except ValidationError:  # it carries the address: nothing may be raised from here
        return False
    return True


def _is_letter(character: str) -> bool:
    """A letter, a mark on one, or a digit, of any script."""
    return unicodedata.category(character)[0] in "LMN"
