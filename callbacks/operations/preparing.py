"""Prepare what must be in place before anything runs.

Each function raises `CommandError`, with one sentence for the operator.
"""

import sqlite3
import sys
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core import checks
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import Error, connection
from django.db.migrations.exceptions import MigrationSchemaMissing
from django.db.migrations.executor import MigrationExecutor
from huey.contrib.djhuey import HUEY

from callbacks.core import availability, sql_functions
from callbacks.dispatch import claim
from callbacks.operations import lock_holders

LOCK_NOT_AVAILABLE = "55P03"  # an error code of PostgreSQL
# The texts of these errors are shown to the operator. The text of any other error may contain the
# secret parts of an address.
SPEAKING_ERRORS = (Error, sqlite3.Error)


def run_system_checks() -> list[str]:
    """Run the system checks, including those of the database and of a deployment.

    Return the sentences of the warnings that matter here. What Django says about https matters only
    for sites that have it.

    Raises:
        CommandError: there are errors; its text has the sentence of each.
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
    """Bring the tables up to date. Without `migrate`, raise `CommandError` if they are not."""
    try:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if missing and migrate:
            call_command("migrate", interactive=False, verbosity=0)
        elif migrate:  # a new version may have other statements and the same tables
            sql_functions.create(claim.FUNCTIONS)
    except Error as error:
        raise database_away(error) from None
    if missing and not migrate:
        raise CommandError(
            f"The database is not up to date ({missing} migrations missing). Run "
            "manage.py migrate, or start with --migrate."
        )


def queue() -> None:
    """Create the tables of the queue, if its storage has tables, and read from the queue once."""
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
    """Collect the style sheets, scripts and images that the web process serves.

    That takes as long as everything else at a start. So it is left out if no file has changed since
    it was done, neither among those to collect nor among the collected ones.
    """
    mark = Path(settings.STATIC_ROOT) / "collected.sha256"
    try:
        if mark.exists() and mark.read_text() == _state_of_static_files(mark):
            return
        call_command("collectstatic", interactive=False, verbosity=0)
        mark.write_text(_state_of_static_files(mark))
    except OSError as error:
        raise CommandError(
            f"The static files cannot be written to {settings.STATIC_ROOT}: {error.strerror}."
        ) from None


def _state_of_static_files(mark: Path) -> str:
    """Return a digest of what the collected files depend on: versions, names, sizes and times."""
    sources = [
        Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([])
    ]
    collected = [path for path in mark.parent.rglob("*") if path != mark and path.is_file()]
    files = [(str(path), path.stat()) for path in sorted({*sources, *collected})]
    facts = [f"{name} {about.st_size} {about.st_mtime_ns}" for name, about in files]
    # Each version of the project reads a list (manifest) of its own.
    of_ours = str(getattr(staticfiles_storage, "manifest_name", ""))
    versions = [django.__version__, version("whitenoise"), of_ours]
    return sha256("\n".join(versions + facts).encode()).hexdigest()


def database_away(error: Exception) -> CommandError:
    """Return the error that ends a command when the database cannot be used."""
    if _is_in_use(error):
        return _database_in_use()
    return CommandError(
        f"The database {database_place()} cannot be used ({_words(error)}). Check DATABASE_URL, "
        "and that the database is running."
    )


def ended_by_database(error: Error) -> CommandError | None:
    """Return the sentence that ends a command whose database failed, or None if it is our mistake.

    A table that is not there is the operator's business only if a migration is missing.
    """
    if availability.is_database_away(error) or _is_in_use(error):
        return database_away(error)
    try:
        database(migrate=False)
    except CommandError as not_up_to_date:
        return not_up_to_date
    return None


def _is_in_use(error: Exception) -> bool:
    """Whether somebody else has locked what the statement needed, for too long."""
    # Of a new file, `migrate` tells in an error of its own that it can make no table.
    inner = error.__context__ if isinstance(error, MigrationSchemaMissing) else error
    cause = (inner and inner.__cause__) or inner
    return (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    } or getattr(cause, "sqlstate", None) == LOCK_NOT_AVAILABLE


def _database_in_use() -> CommandError:
    """Return the sentence about a database that something else has locked."""
    holders = []
    if connection.vendor == "sqlite":
        holders = lock_holders.of(str(settings.DATABASES["default"]["NAME"]))
    return CommandError(
        f"The database {database_place()} is in use: {' and '.join(holders) or 'another process'} "
        "has locked it. Wait until that has finished, such as a migration, or end it, such as a "
        "program in which somebody left the database open. Then run this command again."
    )


def database_place() -> str:
    """Return which database is used, without user and password."""
    database = settings.DATABASES["default"]
    host, name = database.get("HOST"), str(database["NAME"])
    return f"{name} on {host}" if host else name


def _words(error: Exception) -> str:
    """Return the first line of an error's text, or its type if the text may contain a secret."""
    # The clients of Redis and PostgreSQL are loaded only if they are used.
    of_redis = (sys.modules["redis"].RedisError,) if "redis" in sys.modules else ()
    of_psycopg = (sys.modules["psycopg"].OperationalError,) if "psycopg" in sys.modules else ()
    if not isinstance(error, SPEAKING_ERRORS + of_redis + of_psycopg):
        return type(error).__name__
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].strip().rstrip(".:")


def _place(url: str) -> str:
    """Return the address without user, password and query."""
    parts = urlsplit(url)
    host = f"{parts.hostname}:{parts.port}" if parts.port else (parts.hostname or "")
    return f"{parts.scheme}://{host}{parts.path}"


def _sentence(message: checks.CheckMessage) -> str:
    """Return the message of a check, followed by its hint."""
    return " ".join(filter(None, [message.msg, message.hint]))
