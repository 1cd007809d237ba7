"""Refuse a database that may lose a commit in a power cut: a phone could then ring twice.

The database backends check each new connection. `refuse_at_start` opens one, so that a process that
needs none for a while still reports the problem at once.
"""

from collections.abc import Mapping

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection

log = structlog.get_logger(__name__)


def check_postgresql(found: Mapping[str, str]) -> None:
    """Check settings of the PostgreSQL server: `found` has their names and values.

    `synchronous_commit` is not among them, because each transaction sets it.

    Raises:
        ImproperlyConfigured: one of them is off. With DEBUG, a warning is logged instead.
    """
    off = [name for name, value in found.items() if value == "off"]
    if not off:
        return
    sentence = (
        f"PostgreSQL's {' and '.join(off)} must be on: a claim could be lost when the server "
        "crashes, and a call placed twice. Change it in postgresql.conf."
    )
    if not settings.DEBUG:
        raise ImproperlyConfigured(sentence)
    log.warning("database_not_durable", sentence=sentence)


def refuse_at_start() -> None:
    """Check the database now. One that is away is checked later, by its first connection.

    Raises:
        ImproperlyConfigured: the database may lose a commit in a power cut.
    """
    try:
        connection.ensure_connection()
    except Error:
        return
    finally:
        connection.close()
