"""Show the settings in effect, without the secrets."""

import os
from typing import Any

from django.core.management.base import BaseCommand, no_translations

from callback_site import environment, secret_files

HIDDEN = "(hidden)"
# Of these, the kind of server is shown, and for SQLite the path of the file.
_ADDRESSES = ("DATABASE_URL", "QUEUE_URL", "CACHE_URL")


class Command(BaseCommand):
    help = (
        "Show every setting in effect and where it comes from: the environment, a file, or the "
        "default. Secrets are hidden."
    )
    requires_system_checks = []

    @no_translations
    def handle(self, **options: Any) -> None:
        for name, value in sorted(environment.VALUES.items()):
            self.stdout.write(f"{name}={_shown(name, value)}  [{_origin(name)}]")


def _shown(name: str, value: object) -> str:
    """Return the value as a person may see it."""
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    if name not in secret_files.SECRETS or not text:
        return text
    scheme, separator, _rest = text.partition("://")
    if name in _ADDRESSES and separator:
        return text if scheme == "sqlite" else f"{scheme}://{HIDDEN}"
    return HIDDEN


def _origin(name: str) -> str:
    """Return where the value comes from."""
    if any(secret_files.path_of(name)):
        return "file"
    return "environment" if name in os.environ else "default"
