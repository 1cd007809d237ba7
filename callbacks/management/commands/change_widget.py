"""Change the settings of a widget, such as its opening hours."""

from copy import copy
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction

from callbacks.accounts import audit_log
from callbacks.management import widget_options
from callbacks.models import Widget
from callbacks.operations import operator
from callbacks.scheduling import open_periods
from callbacks.widgets import hours_changes


class Command(BaseCommand):
    help = (
        "Change settings of a widget, and print what changed. Options not given stay as they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "public_id", metavar="PUBLIC_ID", help="the widget's public ID, as its address shows it"
        )
        parser.add_argument("--name", help="the name of the widget, shown to staff only")
        parser.add_argument("--originate", metavar="CODENAME", help="the call bot's scenario")
        email = parser.add_mutually_exclusive_group()
        for flag, action, what in (
            ("--email-required", "store_true", "require an email address"),
            ("--email-optional", "store_false", "do not require an email address"),
        ):
            email.add_argument(flag, action=action, dest="email_required", default=None, help=what)
        widget_options.add_to(parser)

    @no_translations
    def handle(self, *, public_id: str, **options: Any) -> None:
        with transaction.atomic():
            known = Widget.objects.select_for_update(no_key=True).filter(public_id=public_id)
            widget = known.first()
            if widget is None:
                raise CommandError(f"There is no widget with the public ID {public_id!r}.")
            before = copy(widget)
            widget_options.apply(widget, options)
            # `has_hours` follows from the others.
            fields = [n for n in widget_options.changed(before, widget) if n != "has_hours"]
            if fields:
                open_periods.save(widget)
                audit_log.record(
                    None,
                    "widget.change",
                    widget,
                    changed=fields,
                    hours=hours_changes.fact(hours_changes.values(before), widget),
                    operator=operator.name(),
                )
        for name in fields:
            old, new = (widget_options.shown(getattr(one, name)) for one in (before, widget))
            self.stdout.write(f"{widget_options.option(name)}: {old} → {new}")
        if not fields:
            self.stdout.write("Nothing changed.")
