"""Give processes that the tests start the database that the tests run on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from django.db import connection


def url(application_name: str = "") -> str:
    """Return the database's address, as in `DATABASE_URL`; PostgreSQL shows the name."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    name = f"?application_name={quote(application_name)}" if application_name else ""
    user = quote(settings["USER"])
    return f"postgresql://{user}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}{name}"


def connections_named(application_name: str) -> int:
    """Return how many connections with that name PostgreSQL still has; 0 on SQLite."""
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
    """Open this thread's connection with other Django settings, such as `PORT`."""
    usual = connection.settings_dict
    connection.close()
    connection.settings_dict = usual | changes
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = usual
