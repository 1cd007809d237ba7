"""Print all widgets as a file."""

import json
from typing import Any

from django.core.management.base import BaseCommand, no_translations

from callbacks.management import widget_files


class Command(BaseCommand):
    help = (
        "Print the settings and texts of all widgets as JSON, for manage.py apply_widgets. Secrets "
        "are left out."
    )

    @no_translations
    def handle(self, **options: Any) -> None:
        self.stdout.write(json.dumps(widget_files.export(), indent=2, ensure_ascii=False))
