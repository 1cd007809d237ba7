"""Run web, workers and housekeeping on this machine, as in production."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import connections

from callbacks.call_api import connected_service
from callbacks.core import private_files
from callbacks.operations import forking, ports, preparing, programs
from callbacks.operations.supervisor import Supervisor


class Command(BaseCommand):
    help = (
        "Run web, call workers and housekeeping as in production, on this machine, until stopped."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--migrate", action="store_true", help="apply missing database migrations first"
        )

    @no_translations
    def handle(self, *, migrate: bool, **options: Any) -> None:
        may_fork = forking.Forking()
        forking.name_process("supervisor")
        os.umask(private_files.UMASK)
        try:
            self._prepare(migrate)
            forking.load()
        except CommandError as error:
            sys.exit(f"Cannot start: {error}")
        layers = [[programs.web(), programs.worker(), programs.housekeeping()]]
        supervisor = Supervisor(
            layers, folder=settings.BASE_DIR, say=self._say, may_fork=may_fork.is_safe
        )
        status = supervisor.run(self._ready)
        sys.exit(status)

    def _prepare(self, migrate: bool) -> None:
        """Check the settings and prepare the port, database, queue and static files."""
        if complaint := ports.complaint(settings.PORT, settings.BIND):
            raise CommandError(
                f"{complaint} Stop the program that uses it, or set PORT to another."
            )
        for warning in preparing.run_system_checks():
            self._say(f"Note: {warning}")
        preparing.database(migrate=migrate)
        preparing.queue()
        preparing.static_files()
        connections.close_all()

    def _ready(self) -> None:
        """Say that the site is ready, and which call service is connected."""
        connections.close_all()
        self._say(f"Serving {settings.PUBLIC_URL} from {settings.BIND}, port {settings.PORT}.")
        self._say(connected_service.connected().sentence)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
