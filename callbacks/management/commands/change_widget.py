"""Change the settings of a widget, such as its opening hours; pause it, or end its pause."""

from copy import copy
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction

from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.management import widget_options
from callbacks.models import Widget
from callbacks.operations import operator
from callbacks.scheduling import pauses
from callbacks.scheduling.pauses import PauseEnd
from callbacks.widget_changes import hours_changes, widget_store

# The pause that a person ends: an option needs a word for it.
BY_HAND = "by-hand"


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
        pause = parser.add_mutually_exclusive_group()
        pause.add_argument(
            "--pause",
            choices=[end.value or BY_HAND for end in PauseEnd],
            help="take the form offline: for one hour, until the end of the day (midnight in the "
            "widget's time zone), until the next opening, or until a person ends the pause by hand",
        )
        pause.add_argument("--resume", action="store_true", help="end the pause")
        widget_options.add_to(parser)

    @no_translations
    def handle(self, *, public_id: str, pause: str | None, resume: bool, **options: Any) -> None:
        with transaction.atomic():
            known = Widget.objects.select_for_update(no_key=True).filter(public_id=public_id)
            widget = known.first()
            if widget is None:
                raise CommandError(f"There is no widget with the public ID {public_id!r}.")
            before = copy(widget)
            widget_options.apply(widget, options)
            # `has_hours` follows from the others.
            fields = [n for n in widget_options.changed(before, widget) if n != "has_hours"]
            topics = widget_options.apply_topics(widget, options)
            if fields:
                widget_store.save(widget)
            if fields or topics:
                widget_store.record_change(
                    widget,
                    [*fields, *(["topics"] if topics else [])],
                    hours_changes.values(before),
                    operator=operator.name(),
                )
            said = [_pause(widget, pause)] if pause else [_resume(widget)] if resume else []
        for name in fields:
            old, new = (widget_options.shown(getattr(one, name)) for one in (before, widget))
            self.stdout.write(f"{widget_options.option(name)}: {old} → {new}")
        if topics:
            self.stdout.write(f"--topics: {topics}")
        for sentence in said or ([] if fields or topics else ["Nothing changed."]):
            self.stdout.write(sentence)


def _pause(widget: Widget, end: str) -> str:
    """Pause the widget, and return the sentence that says until when.

    Raises:
        CommandError: it is paused already, or no opening is ahead.
    """
    now, zone = clock.now(), widget.own_zone
    try:
        opening = pauses.next_opening(widget, now)
        until = pauses.end_of("" if end == BY_HAND else end, zone, now, opening)
    except ValueError:
        raise CommandError("--pause: No opening is ahead. Choose hour, day or by-hand.") from None
    if not pauses.begin(widget, until, now):
        raise CommandError("--pause: The widget is paused already. First end the pause: --resume.")
    iso = until.isoformat() if until else None
    audit_log.record(None, "widget.pause", widget, until=iso, operator=operator.name())
    return f"The widget is paused until {_shown(until, zone) if until else 'you run --resume'}."


def _resume(widget: Widget) -> str:
    """End the pause of the widget, and return the sentence that says so."""
    if not widget.is_paused_at(clock.now()):
        return "The widget was not paused."
    pauses.finish(widget)
    audit_log.record(None, "widget.resume", widget, operator=operator.name())
    return "The widget accepts requests again."


def _shown(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
