"""Compute the overview's statistics again, in case they are in doubt."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from callbacks.core import clock
from callbacks.stats import counting


class Command(BaseCommand):
    help = "Compute the overview's statistics again, from the requests. May be run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, help="only the last DAYS days (default: all)")

    def handle(self, *, days: int | None, **options: Any) -> None:
        start = clock.now() - timedelta(days=days) if days is not None else None
        self.stdout.write(f"{counting.rebuild(start)} hours computed.")
