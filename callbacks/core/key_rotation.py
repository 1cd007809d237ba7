"""Encrypt all personal data again after a change of `ENCRYPTION_KEYS`."""

from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from django.db import models, transaction

from callbacks.core.crypto import is_unreadable
from callbacks.core.fields import PersonalField


def personal_models() -> dict[type[models.Model], list[str]]:
    """Return the models that have personal columns, each with the names of these columns."""
    found: dict[type[models.Model], list[str]] = {}
    for model in apps.get_models():
        names = [field.name for field in model._meta.fields if isinstance(field, PersonalField)]
        if names:
            found[model] = names
    return found


class Rotated(NamedTuple):
    """The progress of a rotation with one model, in rows.

    `unreadable` counts the rows with a value that no key decrypts; such a value is left as it is.
    """

    model: type[models.Model]
    done: int
    total: int
    unreadable: int


def rotate(batch: int = 100) -> Iterator[Rotated]:
    """Write every personal column again, encrypted with the first key; yield after each batch.

    The rows of a batch are locked while it is written, so that no change by others is undone.
    Fingerprints do not depend on these keys and stay as they are. A value that no key decrypts
    stays as it is.
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
