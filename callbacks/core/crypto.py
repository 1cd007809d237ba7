"""Fingerprints to search personal data by, and its encryption at rest.

A number or an email is looked for by its fingerprint, a keyed hash (`HASH_KEY`), whether the
column itself is encrypted or not. With `ENCRYPTION_KEYS` set, values are encrypted with the first
key and read with any of them, so that keys can be rotated. A value that no key reads stops nothing
else (`Unreadable`). Fernet, from the `cryptography` library: AES-128-CBC and HMAC.
"""

import hashlib
import hmac
from functools import lru_cache
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from phonenumber_field.phonenumber import PhoneNumber

# Marks an encrypted value, so that rows from before encryption was switched on stay readable.
PREFIX = "enc1:"


def fingerprint(kind: str, value: str) -> str:
    """A keyed hash of `value`, 40 hex digits; the same value of another `kind` has another."""
    message = f"{kind}:{value}".encode()
    return hmac.new(settings.HASH_KEY.encode(), message, hashlib.sha256).hexdigest()[:40]


def number_hash(number: PhoneNumber | str) -> str:
    """What an E.164 number is searched by; empty for none."""
    return fingerprint("number", str(number)) if number else ""


def email_hash(email: str) -> str:
    """What an email is searched by, in whatever case it is typed; empty for none."""
    return fingerprint("email", email.casefold()) if email else ""


def number_columns(number: PhoneNumber | str) -> dict[str, str]:
    """The columns of a request that hold its number, for an update."""
    return {"number": str(number), "number_hash": number_hash(number)}


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _keys() -> tuple[str, ...]:
    return tuple(settings.ENCRYPTION_KEYS)


def encrypt(value: str) -> str:
    """`value` as it is stored: encrypted when there are keys, and as it is when there are none."""
    if not value or not _keys():
        return value
    return PREFIX + _cipher(_keys()).encrypt(value.encode()).decode()


class Unreadable(str):
    """A stored value that none of the keys reads: a damaged byte, or a key that is missing.

    It is empty to whoever uses it, so that nothing can be dialled, shown or searched by it, and is
    written back as it is stored, so that a key that comes back reads it.
    """

    stored: str

    def __new__(cls, stored: str) -> Self:
        value = super().__new__(cls)
        value.stored = stored
        return value

    def __getnewargs__(self) -> tuple[str]:
        return (self.stored,)


def is_unreadable(*values: object) -> bool:
    """Return whether one of these values of a row cannot be read."""
    return any(isinstance(value, Unreadable) for value in values)


def decrypt(stored: str) -> str:
    """What `encrypt` was given. Raises `ImproperlyConfigured` when no key fits."""
    if not stored.startswith(PREFIX):
        return stored
    try:
        return _cipher(_keys()).decrypt(stored.removeprefix(PREFIX)).decode()
    except (InvalidToken, ValueError):
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS does not contain the key that personal data was encrypted with."
        ) from None
