"""The loop around `callbacks.worker.housekeeping`: one process sweeps, others stand by."""

import os
import signal
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections

from callbacks.core import availability
from callbacks.operations import preparing
from callbacks.operations.programs import sweep_holder
from callbacks.operations.unix_signals import CaughtSignals
from callbacks.worker import housekeeping
from callbacks.worker.fallback import Substitute

PERIOD = 0.5
LONGEST_WAIT = 5.0


class Command(BaseCommand):
    help = (
        "Run housekeeping until stopped: find interrupted calls, cancel requests that waited too "
        "long, erase what is old."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run once, then stop")

    def handle(self, *, once: bool, **options: Any) -> None:
        me = sweep_holder(os.getpid())
        substitute = Substitute()
        with CaughtSignals(signal.SIGTERM, signal.SIGINT) as signals:
            try:
                if once:
                    self._once(me)
                else:
                    _until_told(me, signals, substitute)
            finally:
                with suppress(Error):
                    housekeeping.let_go(me)
                substitute.end()

    def _once(self, me: str) -> None:
        try:
            report = housekeeping.sweep() if housekeeping.hold_lease(me) else None
        except Error as error:
            if not availability.is_database_away(error):
                raise
            raise preparing.database_away(error) from None
        if report is None:
            self.stdout.write("Another process does the housekeeping. Nothing was done.")
        else:
            self.stdout.write(
                f"{report.doubtful} now uncertain, {report.too_late} too late, {report.woken} sent "
                f"to the call workers, {report.forgotten} old limit counters deleted."
            )


def _until_told(me: str, signals: CaughtSignals, substitute: Substitute) -> None:
    pause = 0.0
    while not signals.wait(pause):
        try:
            if housekeeping.hold_lease(me):
                substitute.look_at(housekeeping.sweep())
        except Error as error:
            if not availability.is_database_away(error):
                raise
            availability.database.failed(error)
            close_old_connections()
            pause = min(max(pause * 2, PERIOD), LONGEST_WAIT)
        else:
            availability.database.recovered()
            pause = PERIOD
