"""Create and change widgets so that they are as in a file."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction

from callbacks.management import json_input, widget_files


class Command(BaseCommand):
    help = (
        "Create and change widgets so that they are as in FILE, and print what changed. Widgets "
        "that are not in the file stay as they are. manage.py export_widgets writes such a file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="print what would change, and change nothing"
        )

    @no_translations
    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        try:
            content = json_input.read(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError(f"{file} is not JSON in UTF-8.") from None
        except ValidationError as error:
            raise CommandError(f"{file}: {' '.join(error.messages)}") from None
        with transaction.atomic():
            changes = widget_files.apply(content)
            if dry_run:
                transaction.set_rollback(True)
        for change in changes:
            self.stdout.write(str(change))
        if not changes:
            self.stdout.write("Nothing changed.")
        elif dry_run:
            self.stdout.write("This was a dry run: nothing was changed.")
