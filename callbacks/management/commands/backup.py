"""Write a backup of the SQLite database while the site runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from callbacks.core import clock
from callbacks.operations import backup


class Command(BaseCommand):
    help = (
        "Write a backup of the SQLite database into a new file, while the site runs, and check it. "
        "For PostgreSQL, use pg_dump (see docs/backup.md)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("path", nargs="?", metavar="PATH", type=Path, help="the new file")
        where.add_argument(
            "--folder", type=Path, help="write into this folder, in a file named by the time"
        )
        parser.add_argument(
            "--keep", type=int, metavar="N", help="then delete all backups in the folder but N"
        )

    @no_translations
    def handle(
        self, *, path: Path | None, folder: Path | None, keep: int | None, **options: Any
    ) -> None:
        if keep is not None and (folder is None or keep < 1):
            raise CommandError("--keep needs --folder and a number of at least 1.")
        target = path or (folder or Path()) / backup.name_at(clock.now())
        size = backup.write(target)
        self.stdout.write(f"{target}: {size} bytes, checked.")
        self.stdout.write(
            "Keep HASH_KEY and ENCRYPTION_KEYS elsewhere: without them, the backup cannot be used."
        )
        if folder is not None and keep is not None:
            for name in backup.delete_all_but(keep, folder):
                self.stdout.write(f"Deleted: {name}")
