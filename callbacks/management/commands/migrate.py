"""Apply migrations as Django does, but never keep visitors waiting for long.

On PostgreSQL, a change of a table waits until nobody uses that table, and everybody who comes later
waits behind it. So the wait is short, and `docs/migrations.md` says what to do when it is over.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError

from callback_site.transaction_settings import migration_lock_timeout
from callbacks.operations.preparing import LOCK_NOT_AVAILABLE

DEADLOCK_DETECTED = "40P01"  # an error code of PostgreSQL


class Command(migrate.Command):
    """`migrate` with a time-out of its own for locks."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply the migrations; raise `CommandError` if something else uses a table for too long.

        The migration that waited is undone, and those before it stay. So it can be run again.
        """
        try:
            with migration_lock_timeout():
                super().handle(*args, **options)
        except OperationalError as error:
            if not _is_in_use(error):
                raise
            raise CommandError(_sentence()) from None


def _is_in_use(error: OperationalError) -> bool:
    """Return whether another client held a lock for too long."""
    return getattr(error.__cause__, "sqlstate", None) in {LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED}


def _sentence() -> str:
    """Return what happened and what to do."""
    return (
        "A migration gave up, because something else uses a table that it changes (it waits for "
        f"{settings.MIGRATION_LOCK_TIMEOUT:g} s). The site goes on, and nobody waits. Run the "
        "command again. If this happens every time, docs/migrations.md says how to find what uses "
        "the table."
    )
