from typing import Any

from django.core.management.base import BaseCommand, CommandParser, no_translations

from callbacks.dispatch import call_switch
from callbacks.operations import operator


class Command(BaseCommand):
    help = "Stop all calls. Requests are still accepted, and wait within their patience."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--note", default="", help="why, for staff to read")

    @no_translations
    def handle(self, *, note: str, **options: Any) -> None:
        if not call_switch.stop(operator.name(), note):
            self.stdout.write("They were stopped already; nothing was changed.")
        for sentence in operator.calling():
            self.stdout.write(sentence)
