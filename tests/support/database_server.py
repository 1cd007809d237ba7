"""The database that the tests run on, for processes that they start."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from django.db import connection


def url(application_name: str = "") -> str:
    """Its address, as `DATABASE_URL` has it. PostgreSQL shows connections by their name."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    name = f"?application_name={quote(application_name)}" if application_name else ""
    user = quote(settings["USER"])
    return f"postgresql://{user}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}{name}"


def connections_named(application_name: str) -> int:
    """How many connections of that name the database still has; none on SQLite."""
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            [application_name],
        )
        count: int = cursor.fetchone()[0]
    return count


@contextmanager
def opened_with(**changes: Any) -> Iterator[None]:
    """This thread's connection is opened with other settings of Django's, such as `PORT`."""
    usual = connection.settings_dict
    connection.close()
    connection.settings_dict = usual | changes
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = usual
