"""Encrypt personal data at rest, and compute the fingerprints by which it is searched.

A number or an email is searched by its fingerprint, a keyed hash (`HASH_KEY`), whether the column
itself is encrypted or not. With `ENCRYPTION_KEYS` set, values are encrypted with the first key and
decrypted with any of them, so that keys can be rotated. A value that no key decrypts becomes
`Unreadable` and stops nothing else. Encryption is Fernet, from the `cryptography` library:
AES-128-CBC and HMAC.
"""

import hmac
from functools import lru_cache
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from phonenumber_field.phonenumber import PhoneNumber

# Begins each encrypted value, so that rows from before encryption was switched on stay readable.
PREFIX = "enc1:"


def fingerprint(kind: str, value: str) -> str:
    """Return a keyed hash of `value`: 40 hex digits.

    The same value of another `kind` has another hash.
    """
    message = f"{kind}:{value}".encode()
    # In one call: each form needs some forty hashes to look the visitor up in the block list.
    return hmac.digest(settings.HASH_KEY.encode(), message, "sha256").hex()[:40]


def number_hash(number: PhoneNumber | str) -> str:
    """Return the fingerprint by which an E.164 number is searched; "" for no number."""
    return fingerprint("number", str(number)) if number else ""


def email_hash(email: str) -> str:
    """Return the fingerprint by which an email is searched, whatever its case; "" for none."""
    return fingerprint("email", email.casefold()) if email else ""


def number_columns(number: PhoneNumber | str) -> dict[str, str]:
    """Return the columns of a request that hold its number, with their values, for an update."""
    return {"number": str(number), "number_hash": number_hash(number)}


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    """Return the cipher for these keys, in the order of `ENCRYPTION_KEYS`."""
    return MultiFernet([Fernet(key) for key in keys])


def _keys() -> tuple[str, ...]:
    """Return the keys of the settings; empty if encryption is off."""
    return tuple(settings.ENCRYPTION_KEYS)


def encrypt(value: str) -> str:
    """Return `value` as it is stored: encrypted if there are keys, unchanged if there are none."""
    if not value or not _keys():
        return value
    return PREFIX + _cipher(_keys()).encrypt(value.encode()).decode()


class Unreadable(str):
    """A stored value that no key decrypts, because of a damaged byte or a missing key.

    It behaves as an empty string, so that nothing can be dialled, shown or searched by it. It is
    written back as it was stored, so that a key that returns can decrypt it.
    """

    stored: str

    def __new__(cls, stored: str) -> Self:
        value = super().__new__(cls)
        value.stored = stored
        return value

    def __getnewargs__(self) -> tuple[str]:
        return (self.stored,)


def is_unreadable(*values: object) -> bool:
    """Return whether any of these values of a row is `Unreadable`."""
    return any(isinstance(value, Unreadable) for value in values)


def decrypt(stored: str) -> str:
    """Return the value that `encrypt` was given.

    Raises:
        ImproperlyConfigured: no key decrypts it.
    """
    if not stored.startswith(PREFIX):
        return stored
    try:
        return _cipher(_keys()).decrypt(stored.removeprefix(PREFIX)).decode()
    except (InvalidToken, ValueError):
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS does not contain the key that personal data was encrypted with."
        ) from None
