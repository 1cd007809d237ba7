"""Create the tables of the queue."""

from typing import Any

from django.core.management.base import BaseCommand

from callbacks.operations import preparing


class Command(BaseCommand):
    help = "Create the tables of the queue (QUEUE_URL). May be run again at any time."

    def handle(self, **options: Any) -> None:
        preparing.queue()
        self.stdout.write("The queue is ready.")
