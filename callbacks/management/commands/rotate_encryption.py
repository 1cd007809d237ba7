from typing import Any

from django.core.management.base import BaseCommand

from callbacks import personal


class Command(BaseCommand):
    help = (
        "Writes all personal data again with the first of ENCRYPTION_KEYS (or in clear when there "
        "are none). May be interrupted and run again; afterwards the older keys can go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for model, done, total in personal.rotate():
            self.stdout.write(f"{model._meta.verbose_name_plural}: {done} of {total}")
        self.stdout.write("Done: only the first key is needed now.")
