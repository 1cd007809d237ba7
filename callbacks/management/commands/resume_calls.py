"""Resume calls that `stop_calls` has stopped."""

from typing import Any

from django.core.management.base import BaseCommand, no_translations

from callbacks.dispatch import call_switch
from callbacks.operations import operator


class Command(BaseCommand):
    help = "Resume calls after stop_calls."

    @no_translations
    def handle(self, **options: Any) -> None:
        if not call_switch.resume(operator.name()):
            self.stdout.write("Calls were not stopped. Nothing was changed.")
        for sentence in operator.calling():
            self.stdout.write(sentence)
