"""Print a new key for `ENCRYPTION_KEYS`."""

from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = (
        "Print a new key for ENCRYPTION_KEYS. Add it after the older keys and restart everything. "
        "Then put it first: it must not be used while a process does not know it yet."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(Fernet.generate_key().decode())
