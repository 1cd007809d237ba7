from typing import Any

from django.core.management.base import BaseCommand, CommandError

from callbacks.core import key_rotation


class Command(BaseCommand):
    help = (
        "Writes all personal data again with the first of ENCRYPTION_KEYS (or in clear when there "
        "are none). May be interrupted and run again; afterwards the older keys can go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable: dict[object, int] = {}
        for model, done, total, unread in key_rotation.rotate():
            self.stdout.write(f"{model._meta.verbose_name_plural}: {done} of {total}")
            unreadable[model] = unread
        if left := sum(unreadable.values()):
            raise CommandError(
                f"None of the keys reads {left} rows; they are left as they are. If an older key "
                "is missing in ENCRYPTION_KEYS, add it at the end and run this again."
            )
        self.stdout.write("Done: only the first key is needed now.")
