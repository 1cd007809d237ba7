"""A database that may lose a commit with the power is refused: a phone could ring twice after one.

The backends look at each new connection. `refuse_at_start` opens one, so that a process that needs
none for a while says so at once.
"""

from collections.abc import Mapping

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection

log = structlog.get_logger(__name__)


def check_postgresql(found: Mapping[str, str]) -> None:
    """Raise ImproperlyConfigured when one of these settings of the server is off; with DEBUG, warn.

    `synchronous_commit` is not among them: each transaction sets it.
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
    """Raise ImproperlyConfigured for such a database. One that is away is looked at later."""
    try:
        connection.ensure_connection()
    except Error:
        return
    finally:
        connection.close()
