"""Prints the line that shows a widget on a site, in each language that it may be read in."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from callbacks.models import Widget
from callbacks.widgets import snippets


class Command(BaseCommand):
    help = "Print the line that shows a widget on a site, in each language."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("widget", help="the widget's public id")
        parser.add_argument("--mode", choices=["floating", "inline"], default="")
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default="",
            help="of the page that the line is for; without it, one line for each language",
        )
        parser.add_argument(
            "--pinned", action="store_true", help="with the loader of now, for ever, and its SRI"
        )

    @no_translations
    def handle(self, **options: Any) -> None:
        widget = Widget.objects.filter(public_id=options["widget"]).first()
        if widget is None:
            raise CommandError("There is no widget with this public id.")
        make = snippets.pinned if options["pinned"] else snippets.moving
        written = [choice.code for choice in snippets.languages(widget)]
        if options["language"] and options["language"] not in written:
            raise CommandError(f"This widget speaks {widget.language} only.")
        for code in [options["language"]] if options["language"] else written:
            self.stdout.write(make(widget, options["mode"], code).line)
        if not widget.allowed_origins:
            self.stderr.write(snippets.NOT_SHOWN_YET)
