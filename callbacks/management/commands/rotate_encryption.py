"""Encrypt all personal data again with the first key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from callbacks.core import key_rotation


class Command(BaseCommand):
    help = (
        "Encrypt all personal data again with the first of ENCRYPTION_KEYS, or decrypt it if there "
        "is none. May be interrupted and run again. Then the older keys can be removed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable: dict[object, int] = {}
        for model, done, total, unread in key_rotation.rotate():
            self.stdout.write(f"{model._meta.verbose_name_plural}: {done} of {total}")
            unreadable[model] = unread
        if left := sum(unreadable.values()):
            raise CommandError(
                f"No key decrypts {left} records, which were left as they are. If an older key is "
                "missing from ENCRYPTION_KEYS, add it at the end and run this command again."
            )
        self.stdout.write("Done: only the first key is needed now.")
