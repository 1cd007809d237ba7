"""Stop all calls for a while, or until `resume_calls` or staff resume them."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction

from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.dispatch import call_switch
from callbacks.operations import operator
from callbacks.scheduling import pauses
from callbacks.scheduling.pauses import PauseEnd


class Command(BaseCommand):
    help = "Stop all calls. New requests are still accepted, and wait up to their maximum wait."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--note", default="", help="the reason, shown to staff")
        parser.add_argument(
            "--for",
            dest="end",
            choices=[end.value for end in PauseEnd if end.value],
            default="",
            help="resume calls automatically after one hour, at the end of the day (midnight in "
            "TIME_ZONE), or when the first widget opens; without it, run resume_calls",
        )

    @no_translations
    def handle(self, *, note: str, end: str, **options: Any) -> None:
        now = clock.now()
        opening = pauses.first_opening(now) if end == PauseEnd.OPENING else None
        try:
            until = pauses.end_of(end, ZoneInfo(settings.TIME_ZONE), now, opening)
        except ValueError:
            raise CommandError("--for: No opening is ahead. Choose hour or day.") from None
        by = operator.name()
        with transaction.atomic():
            done = call_switch.stop(by, note, until)
            if done:
                iso = until.isoformat() if until else None
                audit_log.record(None, "calls.stop", detail=note, until=iso, operator=by)
        if not done:
            self.stdout.write("Calls were already stopped. Nothing was changed.")
        for sentence in operator.calling():
            self.stdout.write(sentence)
