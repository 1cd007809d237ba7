"""Run housekeeping in a loop: one process does the work, the others stand by."""

import signal
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections

from callbacks.core import availability, process_identity
from callbacks.operations import preparing
from callbacks.operations.dead_mans_switch import DeadMansSwitch
from callbacks.operations.unix_signals import CaughtSignals
from callbacks.worker import housekeeping, housekeeping_job
from callbacks.worker.fallback import Fallback
from callbacks.worker.outbox_sender import OutboxSender

# Seconds between two rounds, and at most between two tries while the database is away.
PERIOD = 0.5
LONGEST_WAIT = 5.0


class Command(BaseCommand):
    help = (
        "Run housekeeping until stopped: find interrupted calls, fail requests that waited too "
        "long, erase what is old."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run once, then stop")

    def handle(self, *, once: bool, **options: Any) -> None:
        me = process_identity.process_name()
        fallback, sender = Fallback(), OutboxSender()
        with CaughtSignals(signal.SIGTERM, signal.SIGINT) as signals:
            try:
                if once:
                    self._once(me, sender)
                else:
                    _until_told(me, signals, fallback, sender)
            finally:
                with suppress(Error):
                    housekeeping_job.release_job(me)
                fallback.end()
                sender.end()

    def _once(self, me: str, sender: OutboxSender) -> None:
        """Run one round, send what is due, and print what was done."""
        try:
            report = housekeeping.run_round() if housekeeping_job.take_job(me) else None
        except Error as error:
            if not availability.is_database_away(error):
                raise
            raise preparing.database_away(error) from None
        if report is None:
            self.stdout.write("Another process does the housekeeping. Nothing was done.")
        else:
            sender.look_at(report)
            self.stdout.write(
                f"{report.uncertain} now uncertain, {report.too_late} too late, "
                f"{report.closed} closed, {report.woken} sent to the call workers, "
                f"{report.forgotten} old hits of limits and counts of refusals deleted."
            )


def _until_told(me: str, signals: CaughtSignals, fallback: Fallback, sender: OutboxSender) -> None:
    """Run a round every `PERIOD` seconds until a signal asks the process to end."""
    switch = DeadMansSwitch()
    pause = 0.0
    while not signals.wait(pause):
        try:
            if housekeeping_job.take_job(me):
                report = housekeeping.run_round()
                fallback.look_at(report)
                sender.look_at(report)
                switch.look()
        except Error as error:
            if not availability.is_database_away(error):
                raise
            availability.database.failed(error)
            close_old_connections()
            pause = min(max(pause * 2, PERIOD), LONGEST_WAIT)
        else:
            availability.database.recovered()
            pause = PERIOD
