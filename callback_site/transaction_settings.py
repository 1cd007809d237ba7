"""What each transaction on PostgreSQL sets for itself, in its first message.

These are not start-up options, because PgBouncer in transaction mode refuses them. They are not set
once for each session, because PgBouncer would pass the session on to another client.
`set_config(…, true)` ends with the transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from django.conf import settings

_has_statement_timeout = ContextVar("_has_statement_timeout", default=True)
_is_migration = ContextVar("_is_migration", default=False)


@contextmanager
def no_statement_timeout() -> Iterator[None]:
    """Let statements take as long as they need: for exports, commands, housekeeping, migrations.

    It holds for transactions that begin inside the block, in this thread. The other time-outs stay.
    """
    token = _has_statement_timeout.set(False)
    try:
        yield
    finally:
        _has_statement_timeout.reset(token)


@contextmanager
def migration_lock_timeout() -> Iterator[None]:
    """Wait for locks as a migration does: for `MIGRATION_LOCK_TIMEOUT` seconds.

    A change of a table waits until nobody uses it. All who come later wait behind it, also those
    who only read. So a migration must give up before visitors do.
    """
    token = _is_migration.set(True)
    try:
        yield
    finally:
        _is_migration.reset(token)


def values() -> dict[str, str]:
    """Return the time-outs of a transaction that begins now, by PostgreSQL's names.

    The values are texts in milliseconds; the `tcp_keepalives_*` ones are in seconds, or a number.

    - `lock_timeout`: the longest wait for a lock that another client holds. Migrations have their
      own.
    - `idle_in_transaction_session_timeout`: if a client sends nothing for this long inside a
      transaction, the server ends the session and releases its locks. So a machine that has
      vanished holds nobody up.
    - `statement_timeout`: the longest time that one statement may take. 0 means no limit.
    - `tcp_*`: if a client no longer receives anything, the server gives the connection up.
    """
    lost = settings.DATABASE_IDLE_TIMEOUT
    migration = _is_migration.get()
    lock = settings.MIGRATION_LOCK_TIMEOUT if migration else settings.DATABASE_LOCK_TIMEOUT
    statement = settings.DATABASE_STATEMENT_TIMEOUT if _has_statement_timeout.get() else 0
    return {
        "lock_timeout": _ms(lock),
        "idle_in_transaction_session_timeout": _ms(lost),
        "statement_timeout": _ms(statement),
        "tcp_user_timeout": _ms(lost),
        "tcp_keepalives_idle": str(max(int(lost / 2), 1)),
        "tcp_keepalives_interval": str(max(int(lost / 4), 1)),
        "tcp_keepalives_count": "2",
    }


def statement() -> str:
    """Return the statement that applies the time-outs and makes the commit durable.

    A commit is on the disk before it is answered. If the server also waits until a standby has
    applied it (`remote_apply`), it continues to do so.
    """
    return _statement(tuple(values().items()))


@cache
def _statement(timeouts: tuple[tuple[str, str], ...]) -> str:
    """Return the statement for these time-outs, from memory after the first time."""
    durable = (
        "CASE current_setting('synchronous_commit')"
        " WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END"
    )
    calls = [f"set_config('synchronous_commit', {durable}, true)"]
    calls += [f"set_config('{name}', '{value}', true)" for name, value in timeouts]
    return f"SELECT {', '.join(calls)}"


def _ms(seconds: float) -> str:
    """Return seconds as a text in milliseconds."""
    return str(int(seconds * 1000))
