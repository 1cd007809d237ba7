"""Create a widget, and print the HTML to paste into a page."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser, no_translations
from django.db import transaction

from callbacks.accounts import audit_log
from callbacks.management import widget_options
from callbacks.models import Widget
from callbacks.operations import operator
from callbacks.widget_changes import widget_store
from callbacks.widgets import snippets


class Command(BaseCommand):
    help = "Create a widget, and print its address and the HTML to paste into a page."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "name", metavar="NAME", help="the name of the widget, shown to staff only"
        )
        parser.add_argument(
            "--originate",
            metavar="CODENAME",
            required=True,
            help="the call bot's scenario, as your uh!live account manager named it",
        )
        parser.add_argument(
            "--email-optional",
            action="store_false",
            dest="email_required",
            help="do not require an email address",
        )
        widget_options.add_to(parser)

    @no_translations
    def handle(self, **options: Any) -> None:
        widget = Widget()
        widget_options.apply(widget, options)
        with transaction.atomic():
            widget_store.save(widget)
            widget_options.apply_topics(widget, options)
            audit_log.record(None, "widget.add", widget, operator=operator.name())
        self.stdout.write(f"Public id: {widget.public_id}")
        self.stdout.write(f"Page:      {settings.PUBLIC_URL}{widget.get_absolute_url()}")
        self.stdout.write("Paste this into a page of your site:")
        self.stdout.write(f"  {snippets.unpinned(widget).line}")
        self.stdout.write("Link for an email, or a page without scripts:")
        self.stdout.write(f"  {snippets.link(widget)}")
        if not widget.allowed_origins:
            self.stderr.write(snippets.NOT_SHOWN_YET)
