"""Prints the line that shows a widget on a site."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from callbacks.models import Widget
from callbacks.widgets import snippets


class Command(BaseCommand):
    help = "Print the line that shows a widget on a site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("widget", help="the widget's public id")
        parser.add_argument("--mode", choices=["floating", "inline"], default="")
        parser.add_argument(
            "--pinned", action="store_true", help="with the loader of now, for ever, and its SRI"
        )

    @no_translations
    def handle(self, **options: Any) -> None:
        widget = Widget.objects.filter(public_id=options["widget"]).first()
        if widget is None:
            raise CommandError("There is no widget with this public id.")
        make = snippets.pinned if options["pinned"] else snippets.moving
        self.stdout.write(make(widget, options["mode"]).line)
        if not widget.allowed_origins:
            self.stderr.write(snippets.NOT_SHOWN_YET)
