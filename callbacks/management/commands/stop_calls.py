"""Stop all calls until `resume_calls` or staff resume them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser, no_translations

from callbacks.dispatch import call_switch
from callbacks.operations import operator


class Command(BaseCommand):
    help = "Stop all calls. New requests are still accepted, and wait up to their maximum wait."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--note", default="", help="the reason, shown to staff")

    @no_translations
    def handle(self, *, note: str, **options: Any) -> None:
        if not call_switch.stop(operator.name(), note):
            self.stdout.write("Calls were already stopped. Nothing was changed.")
        for sentence in operator.calling():
            self.stdout.write(sentence)
