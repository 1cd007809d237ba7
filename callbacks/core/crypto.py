"""Personal data at rest: fingerprints to search by, and encryption if the operator wants it.

A number or an email is looked for by its fingerprint, a keyed hash (`HASH_KEY`), whether the
column itself is encrypted or not. With `ENCRYPTION_KEYS` set, `PersonalField` columns are
encrypted with the first key and read with any of them, so that keys can be rotated
(`manage.py rotate_encryption`). A value that no key reads stops nothing else (`Unreadable`).
Fernet, from the `cryptography` library: AES-128-CBC and HMAC.
"""

import hashlib
import hmac
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models, transaction

# Marks an encrypted value, so that rows from before encryption was switched on stay readable.
PREFIX = "enc1:"


def fingerprint(kind: str, value: str) -> str:
    """A keyed hash of `value`, 40 hex digits; the same value of another `kind` has another."""
    message = f"{kind}:{value}".encode()
    return hmac.new(settings.HASH_KEY.encode(), message, hashlib.sha256).hexdigest()[:40]


def number_hash(number: str) -> str:
    """What an E.164 number is searched by; empty for none."""
    return fingerprint("number", number) if number else ""


def email_hash(email: str) -> str:
    """What an email is searched by, in whatever case it is typed; empty for none."""
    return fingerprint("email", email.casefold()) if email else ""


def number_columns(number: str) -> dict[str, str]:
    """The columns of a request that hold its number, for an update."""
    return {"number": number, "number_hash": number_hash(number)}


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
            "ENCRYPTION_KEYS lacks the key that personal data was encrypted with."
        ) from None


class PersonalField(models.TextField):  # type: ignore[type-arg]
    """Text that may be encrypted at rest; it can't be searched, only its fingerprint can."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unreadable):
            return value.stored
        prepared = super().get_prep_value(value)
        return encrypt(prepared) if isinstance(prepared, str) else prepared

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return decrypt(value)
        except ImproperlyConfigured:
            return Unreadable(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != IsEmpty.lookup_name:
            raise FieldError(f"{self.name} is personal data: search by its fingerprint.")
        return super().get_lookup(lookup_name)


@PersonalField.register_lookup
class IsEmpty(models.Lookup):
    """`number__empty=True`: whether there is something, which is all that can be asked."""

    lookup_name = "empty"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} {'=' if self.rhs else '<>'} ''", params


class FingerprintField(models.CharField):  # type: ignore[type-arg]
    """The fingerprint of another column of the row, kept up to date when the row is saved."""

    def __init__(self, *, of: str = "", **options: Any) -> None:
        self.of = of
        super().__init__(**{"max_length": 40, "editable": False, "blank": True} | options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = getattr(model_instance, self.of)
        if isinstance(value, Unreadable):
            kept: str = getattr(model_instance, self.attname)
            return kept
        hashed = number_hash(value) if self.of == "number" else email_hash(value)
        setattr(model_instance, self.attname, hashed)
        return hashed


def personal_models() -> dict[type[models.Model], list[str]]:
    """The models that have personal columns, and which."""
    found: dict[type[models.Model], list[str]] = {}
    for model in apps.get_models():
        names = [field.name for field in model._meta.fields if isinstance(field, PersonalField)]
        if names:
            found[model] = names
    return found


class Rotated(NamedTuple):
    """How far a rotation is with one model, in rows; `unreadable`: those left as they are."""

    model: type[models.Model]
    done: int
    total: int
    unreadable: int


def rotate(batch: int = 100) -> Iterator[Rotated]:
    """Write every personal column again, as `encrypt` stores it now; yield after each batch.

    The rows of a batch are locked while it is written, so that no change is undone. Fingerprints
    stay as they are: they don't depend on these keys. What none of the keys reads stays as it is.
    """
    for model, names in personal_models().items():
        total = model._base_manager.count()
        done, last, unreadable = 0, 0, 0
        while True:
            with transaction.atomic():
                rows = model._base_manager.select_for_update().filter(pk__gt=last).order_by("pk")
                page = list(rows.only(*names)[:batch])
                for row in page:
                    columns = {name: getattr(row, name) for name in names}
                    unreadable += is_unreadable(*columns.values())
                    model._base_manager.filter(pk=row.pk).update(**columns)
            if not page:
                break
            last, done = page[-1].pk, done + len(page)
            yield Rotated(model, done, total, unreadable)
