"""The email addresses that are accepted from visitors, and how they are shown.

The bot identifies the caller by the address. So the address reaches the Call API exactly as it was
typed: nothing inside it is trimmed, lower-cased or normalised.
"""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks.contact.invisible import is_invisible, trimmed
from callbacks.core import host_names

MAX_LENGTH = 254
"""The longest address that SMTP can carry, in characters (RFC 5321, erratum 1690)."""

# Categories of characters that an address never contains: control and format characters, lone
# surrogates, separators. A zero-width character inside would change who is identified; a direction
# override would change what staff read.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})

# Last labels of names that no mail server of the internet can have. The first line is from IANA's
# registry of special-use names (RFC 6761, 6762, 7686, 9476). The others are used inside private
# networks, and never exist on the internet (RFC 6762, appendix G; ICANN, 2018 and 2024).
_PRIVATE_LABELS = frozenset(
    {
        *("alt", "example", "invalid", "local", "localhost", "onion", "test"),
        *("corp", "home", "internal", "intranet", "lan", "localdomain", "mail", "private"),
    }
)

# Without the empty list, Django's rules also accept `localhost`, which has no domain.
_validate = EmailValidator(allowlist=[])


class EmailRefused(ValueError):
    """The text is not an acceptable address. `message` tells the visitor why.

    Neither `message` nor `str()` contains the address.
    """

    def __init__(self, message: Promise) -> None:
        super().__init__("not an email address")
        self.message = message


def clean(typed: str) -> str:
    """Return the address for the Call API, from the text that a visitor typed.

    White space and invisible characters at both ends are removed; the rest is returned unchanged.
    The form must follow Django's rules, with two differences. Letters of any script may stand
    before the @ (RFC 6531), as in réception@exemple.fr. The part after it must be a domain that can
    exist on the internet: neither an IP address nor a name such as `localhost` or `mac.local`.

    Raises:
        EmailRefused: it is not such an address. Nothing else is raised.
    """
    email = trimmed(typed)
    if not email:
        raise EmailRefused(_("Enter your email address, for example name@example.com."))
    if len(email) > MAX_LENGTH or not _well_formed(email):
        raise EmailRefused(_objection(email))
    return email


def masked(email: str) -> str:
    """Return the address for lists and logs: its first letter and domain ("j•••@example.fr").

    A local part of one letter is hidden, and so is a text that is no address. Never raises.
    """
    local, _at, domain = email.rpartition("@")
    if not local or not domain or not email.isprintable():
        return "•••"
    return f"{local[0] if len(local) > 1 else ''}•••@{domain}"


def _objection(email: str) -> Promise:
    """Return a sentence that says what is wrong with a text that is no address."""
    if email.startswith(("+", "0")) and not any(c.isalpha() or c == "@" for c in email):
        return _("This is a phone number. Enter an email address, for example name@example.com.")
    if "@" not in email:
        return _("An email address contains an @. Enter it like this: name@example.com.")
    if "." not in email.rpartition("@")[2]:
        return _(
            "This email address is not complete after the @. Enter it like this: name@example.com."
        )
    if _is_private(email.rpartition("@")[2]):
        return _(
            "No email from the internet reaches this address. Enter another one, for example "
            "name@example.com."
        )
    return _(
        "This is not an email address: it has a character too many, or one that is not allowed. "
        "Enter one address like this: name@example.com."
    )


def _well_formed(email: str) -> bool:
    """Return whether the text has the form of an address, by the rules of `clean`."""
    if any(unicodedata.category(c) in _REFUSED_CATEGORIES or is_invisible(c) for c in email):
        return False
    local, at, domain = email.rpartition("@")
    if domain.startswith("[") or domain.rpartition(".")[2].isdigit() or _is_private(domain):
        return False  # not a mail host of the internet
    # Django's validator accepts ASCII local parts only, so it is given an "x" for each other
    # letter.
    plain = "".join("x" if not c.isascii() and _is_letter(c) else c for c in local)
    try:
        _validate(plain + at + domain)
    except ValidationError:  # this error contains the address, so it goes no further
        return False
    return True


def _is_private(domain: str) -> bool:
    """Return whether no host of the internet can have this name."""
    try:
        name = host_names.to_ascii(domain)
    except ValueError:
        return False  # no host name at all: the validator refuses it
    return name.rpartition(".")[2] in _PRIVATE_LABELS or f".{name}".endswith(".home.arpa")


def _is_letter(character: str) -> bool:
    """Return whether this is a letter, a mark on a letter, or a digit, of any script."""
    return unicodedata.category(character)[0] in "LMN"
