"""The backend's cursor and connection (see the package's docstring).

psycopg stays in autocommit and sends no BEGIN of its own. The first message of a transaction gets
the settings in front of it, and the BEGIN too if Django has begun a transaction. So nothing is
written without the settings, no code can forget them, and a transaction saves one round trip.
"""

import re
import select
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Self

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from callback_site import durability, transaction_settings
from callbacks.core import clock, sql_functions

# These statements cannot run inside a transaction, and a message of two statements is one.
_ALONE = re.compile(
    r"\s*(?:CREATE\s+DATABASE|DROP\s+DATABASE|ALTER\s+DATABASE|ALTER\s+SYSTEM|VACUUM|REINDEX"
    r"|(?:CREATE(?:\s+UNIQUE)?|DROP)\s+INDEX\s+CONCURRENTLY)\b",
    re.IGNORECASE,
)


class Cursor(base.CursorMixin, psycopg.ClientCursor[Any]):
    """A cursor that puts the beginning of the transaction in front of its first statement."""

    # None while Django checks whether a connection is usable: nothing is put in front then.
    wrapper: "DatabaseWrapper | None" = None
    # Called once, between sending the next query and waiting for its answer. It gets a function
    # that returns whether the answer has come.
    meanwhile: Callable[[Callable[[], bool]], object] | None = None
    # Whether the next query is a message that contains the COMMIT of its transaction.
    commits = False

    def _execute_gen(self, *args: Any, **options: Any) -> PQGen[None]:
        """Do as psycopg: yield what to wait for. Call `meanwhile` before the first wait."""
        steps = super()._execute_gen(*args, **options)
        do, self.meanwhile = self.meanwhile, None
        return steps if do is None else _sent_then(lambda: do(self._has_answer), steps)

    def _check_results(self, results: list[PGresult]) -> None:
        """Do as psycopg: raise an error. After the message's own COMMIT, leave out what failed.

        What is committed is done, and whoever did it must learn that. Django's commit, which
        follows, then does nothing, even if the connection is broken by now.
        """
        if self.commits and self.wrapper is not None:
            for place, result in enumerate(results):
                if self.wrapper.has_committed and result.status == ExecStatus.FATAL_ERROR:
                    del results[place:]
                    break
                if result.command_status == b"COMMIT":
                    self.wrapper.has_committed = True
        self.commits = False
        super()._check_results(results)

    def _has_answer(self) -> bool:
        """Return whether the server has sent something that nobody has read."""
        waiting = select.poll()
        waiting.register(self.connection.pgconn.socket, select.POLLIN)
        return bool(waiting.poll(0))

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        """Execute the query, with the beginning of the transaction in front if it is the first one.

        A query that cannot run in a message of several statements is executed alone.
        """
        opening = self._opening()
        try:
            if opening:
                text = query if isinstance(query, str) else _as_text(query, self)
                if self._begins or not _ALONE.match(text):
                    super().execute("; ".join([*opening, text]), params, **options)
                    for _ in opening:
                        self.nextset()
                    return self
            return super().execute(query, params, **options)
        except psycopg.errors.ReadOnlySqlTransaction:
            # The server has become a standby. Do not use this connection again.
            if self.wrapper is not None:
                self.wrapper.is_read_only = True
            raise
        except psycopg.errors.UndefinedFunction:
            # Another database was restored meanwhile. From now on, send the texts.
            if self.wrapper is not None:
                self.wrapper.functions = frozenset()
            raise

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        """Begin the transaction if needed, then execute the query for each of `params_seq`."""
        self._open()
        super().executemany(query, params_seq, **options)

    def copy(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """Begin the transaction if needed, then copy."""
        self._open()
        return super().copy(statement, params, **options)

    @property
    def _begins(self) -> bool:
        """Return whether Django has begun a transaction."""
        return self.wrapper is not None and not self.wrapper.autocommit

    def _opening(self) -> Sequence[str]:
        """Return the statements to put in front of the next one: none inside a transaction."""
        status = self.connection.pgconn.transaction_status
        if self.wrapper is None or status != TransactionStatus.IDLE:
            return ()
        settings = transaction_settings.statement()
        if not self._begins:
            return (settings,)
        self.wrapper.has_committed = False
        return ("BEGIN", settings)

    def _open(self) -> None:
        """Begin the transaction in a message of its own, before `executemany` or `copy`."""
        if opening := self._opening():
            if not self._begins:
                raise psycopg.ProgrammingError("This has to be done inside a transaction.")
            super().execute("; ".join(opening))


class ErrorWrapper(DatabaseErrorWrapper):
    """Turn psycopg's errors into Django's, without what the server says beside its message.

    Its DETAIL may be a whole row, with its secrets. Its LINE is a piece of the statement, with the
    values in it.
    """

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        """Shorten the error's text, then raise Django's error with the same text."""
        if isinstance(error, psycopg.Error) and (message := error.diag.message_primary):
            error.args = (message,)
        super().__exit__(kind, error, traceback)


class TimeLoader(BaseTzLoader):  # type: ignore[misc]  # its module has no types
    """Load a time, as Django does, in UTC."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        """Return the time, or `clock.UNREADABLE` if Python has no such time."""
        try:
            found: datetime = super().load(data)
        except psycopg.DataError:
            return clock.UNREADABLE
        return found


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that checks the server's durability and remembers if it has become a standby."""

    is_read_only = False
    # Whether a message has committed the transaction that Django will commit next.
    has_committed = False
    # The functions that the database has for our statements (`callbacks.core.sql_functions`).
    functions: frozenset[str] = frozenset()

    @cached_property
    def wrap_database_errors(self) -> ErrorWrapper:
        """Return what each use of the database goes through."""
        return ErrorWrapper(self)

    def get_connection_params(self) -> dict[str, Any]:
        """Return the parameters of a connection with our cursor, in autocommit."""
        return super().get_connection_params() | {"cursor_factory": Cursor, "autocommit": True}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a new connection, which is not known to be read-only."""
        self.is_read_only = False
        connection = super().get_new_connection(conn_params)
        connection.adapters.register_loader("timestamptz", TimeLoader)
        return connection

    def init_connection_state(self) -> None:
        """Prepare a new connection, and check that the server does not lose commits.

        Raises:
            ImproperlyConfigured: the server may lose commits. The connection is closed.
        """
        super().init_connection_state()
        with self.connection.cursor() as cursor:
            names = ("fsync", "full_page_writes")
            settings = ", ".join(f"current_setting({name!r})" for name in names)
            cursor.execute(f"SELECT {settings}, {sql_functions.NAMES}")
            *values, functions = cursor.fetchone()
        self.functions = frozenset(functions)
        try:
            durability.check_postgresql(dict(zip(names, values, strict=True)))
        except ImproperlyConfigured:
            self.close()
            raise

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor that knows this connection."""
        cursor = super().create_cursor(name)
        cursor.wrapper = self
        return cursor

    def _commit(self) -> None:
        """Commit, unless a message has done it."""
        committed, self.has_committed = self.has_committed, False
        if not committed:
            super()._commit()  # type: ignore[misc]  # its stubs lack it

    def _rollback(self) -> None:
        """Roll back. What a message has committed stays."""
        self.has_committed = False
        super()._rollback()  # type: ignore[misc]

    def as_text(self, sql: str, parameters: Any) -> str:
        """Return SQL with its parameters written into it. This sends nothing."""
        self.ensure_connection()
        return Cursor(self.connection).mogrify(sql, parameters)

    def settings_of_transaction(self) -> str:
        """Return the statement to put in front of a transaction that begins inside a message."""
        return transaction_settings.statement()

    def _set_autocommit(self, autocommit: bool) -> None:
        """Do nothing: the next message begins the transaction."""

    def is_usable(self) -> bool:
        """Return whether the connection answers and its server can be written to."""
        return not self.is_read_only and super().is_usable()


def _sent_then(do: Callable[[], object], steps: PQGen[None]) -> PQGen[None]:
    """Yield the steps of a query. The first one sends it; then `do`, which must not raise."""
    try:
        wait_for = next(steps)
        do()
        while True:
            wait_for = steps.send((yield wait_for))
    except StopIteration:
        return


def _as_text(query: Any, cursor: Cursor) -> str:
    """Return a query as text, whichever type psycopg accepts."""
    return query.decode() if isinstance(query, bytes) else str(query.as_string(cursor))
