"""What each transaction on PostgreSQL sets for itself, in its first message.

Not by start-up options, which PgBouncer in transaction mode refuses, and not once for a session,
which PgBouncer would hand on to somebody else: `set_config(…, true)` ends with the transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from django.conf import settings

_has_statement_timeout = ContextVar("_has_statement_timeout", default=True)


@contextmanager
def no_statement_timeout() -> Iterator[None]:
    """Let statements take as long as they need: for exports, commands, housekeeping, migrations.

    Holds for transactions that begin inside the block, in this thread. The other time-outs stay.
    """
    token = _has_statement_timeout.set(False)
    try:
        yield
    finally:
        _has_statement_timeout.reset(token)


def values() -> dict[str, str]:
    """The time-outs of a transaction that begins now, in milliseconds, by PostgreSQL's names.

    - `lock_timeout`: the longest wait for somebody else's lock.
    - `idle_in_transaction_session_timeout`: when a client says nothing for so long inside a
      transaction, the server ends it and its locks. So a machine that vanished holds nobody up.
    - `statement_timeout`: the longest that one statement may take. 0 means no limit.
    - `tcp_*`: when a client takes nothing in any more, the server gives the connection up.
    """
    lost = settings.DATABASE_IDLE_TIMEOUT
    statement = settings.DATABASE_STATEMENT_TIMEOUT if _has_statement_timeout.get() else 0
    return {
        "lock_timeout": _ms(settings.DATABASE_LOCK_TIMEOUT),
        "idle_in_transaction_session_timeout": _ms(lost),
        "statement_timeout": _ms(statement),
        "tcp_user_timeout": _ms(lost),
        "tcp_keepalives_idle": str(max(int(lost / 2), 1)),
        "tcp_keepalives_interval": str(max(int(lost / 4), 1)),
        "tcp_keepalives_count": "2",
    }


def statement() -> str:
    """The statement that sets them. A commit is on the disk before it is answered; where the
    server waits for a standby to have applied it (`remote_apply`), it goes on doing so."""
    return _statement(tuple(values().items()))


@cache
def _statement(timeouts: tuple[tuple[str, str], ...]) -> str:
    durable = (
        "CASE current_setting('synchronous_commit')"
        " WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END"
    )
    calls = [f"set_config('synchronous_commit', {durable}, true)"]
    calls += [f"set_config('{name}', '{value}', true)" for name, value in timeouts]
    return f"SELECT {', '.join(calls)}"


def _ms(seconds: float) -> str:
    return str(int(seconds * 1000))
