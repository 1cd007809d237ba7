"""Model fields for personal data: encrypted text, and the fingerprint that it is searched by."""

from typing import Any

from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models

from callbacks.core.crypto import Unreadable, decrypt, email_hash, encrypt, number_hash


class PersonalField(models.TextField):  # type: ignore[type-arg]
    """Text that may be encrypted at rest. Search it by its fingerprint, never by its value."""

    def get_prep_value(self, value: Any) -> Any:
        """Return the value as it is stored: encrypted if encryption is on."""
        if isinstance(value, Unreadable):
            return value.stored
        prepared = super().get_prep_value(value)
        return encrypt(prepared) if isinstance(prepared, str) else prepared

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return the decrypted value, or an `Unreadable` if no key decrypts it."""
        if not isinstance(value, str):
            return value
        try:
            return decrypt(value)
        except ImproperlyConfigured:
            return Unreadable(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse every lookup except `empty`.

        Raises:
            FieldError: for another lookup, which would compare encrypted text.
        """
        if lookup_name != IsEmpty.lookup_name:
            raise FieldError(f"{self.name} is personal data: search by its fingerprint.")
        return super().get_lookup(lookup_name)


@PersonalField.register_lookup
class IsEmpty(models.Lookup):
    """The only lookup of a personal field: `number__empty=True` finds rows without a number."""

    lookup_name = "empty"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} {'=' if self.rhs else '<>'} ''", params


class FingerprintField(models.CharField):  # type: ignore[type-arg]
    """The fingerprint of another column of the row, computed when the row is saved.

    `of` names that column: `number` or `email`. The old fingerprint stays if the column is
    unreadable.
    """

    def __init__(self, *, of: str = "", **options: Any) -> None:
        self.of = of
        super().__init__(**{"max_length": 40, "editable": False, "blank": True} | options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Compute the fingerprint, set it on the object, and return it."""
        value = getattr(model_instance, self.of)
        if isinstance(value, Unreadable):
            kept: str = getattr(model_instance, self.attname)
            return kept
        hashed = number_hash(value) if self.of == "number" else email_hash(value)
        setattr(model_instance, self.attname, hashed)
        return hashed
