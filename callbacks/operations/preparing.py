"""What has to be in place before anything runs. Each part raises `CommandError`: one sentence."""

import sqlite3
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from huey.contrib.djhuey import HUEY

# Their words are for the operator; those of other errors may hold what is secret in an address.
SPEAKING_ERRORS = (Error, sqlite3.Error, psycopg.OperationalError, redis.RedisError)


def checked() -> list[str]:
    """Runs the system checks, those of the database and of a deployment included.

    Raises `CommandError` with the sentences of all errors. Out: the sentences of the warnings
    that matter here; what Django says about https is for sites that have it.
    """
    try:
        found = checks.run_checks(include_deployment_checks=True, databases=["default"])
    except Error as error:
        raise database_away(error) from None
    errors = [message for message in found if message.is_serious() and not message.is_silenced()]
    if errors:
        raise CommandError("\n".join(_sentence(message) for message in errors))
    return [
        _sentence(message)
        for message in found
        if not message.is_silenced()
        and (settings.PUBLIC_IS_HTTPS or str(message.id).startswith("callbacks."))
    ]


def database(*, migrate: bool) -> None:
    """Brings the tables up to date, or without `migrate` makes sure that they are."""
    try:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if missing and migrate:
            call_command("migrate", interactive=False, verbosity=0)
    except Error as error:
        raise database_away(error) from None
    if missing and not migrate:
        raise CommandError(
            f"The database is not up to date ({missing} migrations missing). Run "
            "manage.py migrate, or start with --migrate."
        )


def queue() -> None:
    """Makes the tables in which wake-ups wait, if its storage has tables, and tries to read."""
    try:
        if hasattr(HUEY.storage, "initialize_schema"):
            HUEY.storage.initialize_schema()
        HUEY.pending_count()
    except Exception as error:  # each storage has errors of its own
        raise CommandError(
            f"The queue at {_place(settings.QUEUE_URL)} cannot be used "
            f"({_words(error)}). Check QUEUE_URL, and that its server is running."
        ) from None
    finally:
        HUEY.storage.close()


def static_files() -> None:
    """Gathers the style sheets, scripts and pictures that the web process serves."""
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
    except OSError as error:
        raise CommandError(
            f"The static files cannot be written to {settings.STATIC_ROOT}: {error.strerror}."
        ) from None


def database_away(error: Exception) -> CommandError:
    """The sentence to end with when the database cannot be used."""
    return CommandError(
        f"The database {database_place()} cannot be used ({_words(error)}). Check DATABASE_URL, "
        "and that the database is running."
    )


def database_place() -> str:
    """Which database is used, without user and password."""
    database = settings.DATABASES["default"]
    host, name = database.get("HOST"), str(database["NAME"])
    return f"{name} on {host}" if host else name


def _words(error: Exception) -> str:
    if not isinstance(error, SPEAKING_ERRORS):
        return type(error).__name__
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].strip().rstrip(".:")


def _place(url: str) -> str:
    parts = urlsplit(url)
    host = f"{parts.hostname}:{parts.port}" if parts.port else (parts.hostname or "")
    return f"{parts.scheme}://{host}{parts.path}"


def _sentence(message: checks.CheckMessage) -> str:
    return " ".join(filter(None, [message.msg, message.hint]))
