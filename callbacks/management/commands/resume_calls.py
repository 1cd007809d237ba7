"""Resume calls that `stop_calls` has stopped."""

from typing import Any

from django.core.management.base import BaseCommand, no_translations
from django.db import transaction

from callbacks.accounts import audit_log
from callbacks.dispatch import call_switch
from callbacks.operations import operator


class Command(BaseCommand):
    help = "Resume calls after stop_calls."

    @no_translations
    def handle(self, **options: Any) -> None:
        by = operator.name()
        with transaction.atomic():
            done = call_switch.resume(by)
            if done:
                audit_log.record(None, "calls.resume", operator=by)
        if not done:
            self.stdout.write("Calls were not stopped. Nothing was changed.")
        for sentence in operator.calling():
            self.stdout.write(sentence)
