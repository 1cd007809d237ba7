"""Print the HTML that shows a widget on a page, in each language of the widget."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from callbacks.models import Widget
from callbacks.widgets import snippets


class Command(BaseCommand):
    help = "Print the HTML that shows a widget on a page, in each language."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("widget", help="the widget's public ID")
        parser.add_argument("--mode", choices=["floating", "inline"], default="")
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default="",
            help="the language of the page (default: one line for each language)",
        )
        parser.add_argument(
            "--pinned", action="store_true", help="pin the current script by its hash (SRI)"
        )

    @no_translations
    def handle(self, **options: Any) -> None:
        widget = Widget.objects.filter(public_id=options["widget"]).first()
        if widget is None:
            raise CommandError("There is no widget with this public ID.")
        make = snippets.pinned if options["pinned"] else snippets.unpinned
        written = [choice.code for choice in snippets.languages_of(widget)]
        if options["language"] and options["language"] not in written:
            raise CommandError(f"This widget is in {widget.language} only.")
        for code in [options["language"]] if options["language"] else written:
            self.stdout.write(make(widget, options["mode"], code).line)
        if not widget.allowed_origins:
            self.stderr.write(snippets.NOT_SHOWN_YET)
