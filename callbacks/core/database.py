"""Send several SQL statements in one round trip, and take locks.

A round trip costs a client of PostgreSQL more than most statements take. So the facts that a form
or a call needs, and the rows that it writes, travel in as few messages as possible
(`docs/performance.md`).

All transactions take locks in this order, so that no two of them wait for each other:

1. The locks on keys, in the order of `LOCK_ORDER`, all in one statement, before any row. One
   exception: a form with a new consent text locks the text's key before those of the limits.
2. The rows of requests, by primary key. A claim skips the rows that others have locked.
3. All other rows (block list, attempts, limits).

A test checks this order (`tests/support/lock_order.py`). A foreign key also locks the row that it
points to, such as a widget's or a person's. Two such locks may still meet. PostgreSQL then ends one
of the two transactions; that counts as a database that is away, and the work is tried again.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from django.db import Error, connection, models, transaction

from callbacks.core import clock
from callbacks.core.statements import Statement, adapted, is_postgresql

# The kinds of keys: the part of a key before its colon. The kinds that every transaction needs come
# last, so that nobody waits for a rare lock while holding a common one.
LOCK_ORDER = (
    "idempotent",  # held while a call of the API with an Idempotency-Key is carried out
    "pace",  # held while a claim counts the calls that have started
    "consent-chain",  # held while proofs get their place in the chain
    "consent-text",  # held while a consent text gets its version
    "team",  # held while a recipient of team emails is added to a widget
    "mail",  # held while the emails to one address are counted
    "look-up",  # held while a search by a member of staff is counted
    "slot",  # held while the free places of a time slot are counted
    *("number", "fast", "retry", "widget", "account"),  # held while a limit counts
)


class Done(NamedTuple):
    """The result of a statement: how many rows it wrote or found, and the rows it returned."""

    rowcount: int
    rows: Sequence[tuple[Any, ...]]


# It is called while PostgreSQL executes a message, with a function that returns whether the answer
# has come. It must neither raise nor send anything to the database.
Meanwhile = Callable[[Callable[[], bool]], object]

_COMMIT = Statement("COMMIT")


def run(
    statements: Sequence[Statement],
    *,
    locking: Iterable[str] = (),
    savepoint: bool = False,
    is_last: bool = False,
    afterwards: Sequence[Statement] = (),
    meanwhile: Meanwhile | None = None,
) -> list[Done]:
    """Execute the statements atomically, in one round trip on PostgreSQL; return their results.

    On PostgreSQL, a message of several statements is a transaction. Pass `savepoint=True` if the
    caller's transaction must survive an error. `locking` are keys that are locked first, until the
    transaction ends (see `lock`).

    Pass `is_last=True` if the caller's `transaction.atomic` ends after these statements, whatever
    they find. They are then committed by the same message. This changes nothing inside a further
    `atomic`, which goes on. `afterwards` are executed by the same message after that commit, and
    only if there was one: they see what others committed meanwhile. Their results come last; those
    from the first one on that failed are missing.

    `meanwhile` is called on PostgreSQL only.

    Raises:
        django.db.Error: what the database raised. Nothing was written, unless the connection broke
            before a commit was answered.
    """
    if not is_postgresql():
        with transaction.atomic(savepoint=savepoint):
            return [execute(statement) for statement in statements]
    locks = locks_of(locking)
    message = [*locks, *statements]
    end = len(message)
    commits = is_last and connection.in_atomic_block and not connection.savepoint_ids
    if commits:
        message.append(_COMMIT)  # Django's own commit then sends nothing
        if afterwards:  # a transaction of its own, and so with settings of its own
            message += [Statement(connection.settings_of_transaction()), *afterwards]  # type: ignore[attr-defined]
    inner = transaction.atomic() if savepoint and connection.in_atomic_block else nullcontext()
    with inner, connection.cursor() as cursor:
        cursor.cursor.meanwhile, cursor.cursor.commits = meanwhile, commits
        cursor.execute(*_joined(message))
        # psycopg's cursor; Django's would look its own up for each attribute.
        results, done = cursor.cursor, []
        with connection.wrap_database_errors:
            is_another: bool | None = True
            while is_another:
                has_rows = results.rownumber is not None
                done.append(Done(results.rowcount, results.fetchall() if has_rows else []))
                is_another = results.nextset()
    return done[len(locks) : end] + done[end + 2 :]


def as_text(statement: Statement) -> Statement:
    """Return the statement with its parameters written into its text; on PostgreSQL only.

    It is for what is executed often: nothing is left to do for psycopg.

    Raises:
        ValueError: the text contains a `%`, which would be taken for a parameter.
    """
    text = connection.as_text(*_joined([statement]))  # type: ignore[attr-defined]
    if "%" in text:
        raise ValueError("a statement with a % cannot be kept as text")
    return Statement(text)


def _joined(statements: Sequence[Statement]) -> tuple[str, list[Any] | None]:
    """Return the text of a message, and its parameters; None if it has none."""
    parameters = adapted(chain.from_iterable(statement.parameters for statement in statements))
    return "; ".join(statement.sql for statement in statements), parameters or None


def execute(statement: Statement) -> Done:
    """Execute one statement and return its result.

    This begins no transaction, so on SQLite a SELECT locks nobody out.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, adapted(statement.parameters))
        return Done(cursor.rowcount, cursor.fetchall() if cursor.description else [])


def first_question(question: Statement) -> Done:
    """Execute a statement that only reads, as the first one of a task, and return its result.

    Before the first use of a kept connection in a task, Django asks the database whether it is
    alive. That round trip is left out: the question shows it as well. If the connection turns out
    to be broken, the question is asked once more on a new one. It only reads, so this is safe.

    Raises:
        django.db.Error: what the database raised on a connection that works, or on a new one.
    """
    # Our PostgreSQL backend sets `is_read_only` when the server has become a standby.
    if connection.in_atomic_block or getattr(connection, "is_read_only", False):
        return execute(question)
    connection.health_check_done = True  # type: ignore[attr-defined]  # its stubs lack it
    try:
        return execute(question)
    except Error:
        if connection.is_usable():
            raise
        connection.close()
        return execute(question)


def run_first[T](
    statements: Sequence[Statement],
    go_on: Callable[[list[Done]], T],
    meanwhile: Meanwhile | None = None,
) -> T:
    """Execute statements as the first ones of a task, then `go_on` in the same transaction.

    The statements only read and lock. As for `first_question`, they show whether the connection
    works, and are executed once more on a new one if it does not. `go_on` gets their results, as
    `run` returns them; what it returns is returned. `meanwhile`: see `run`.

    Raises:
        django.db.Error: what the database raised. `go_on` is never called twice.
    """
    if getattr(connection, "is_read_only", False) and not connection.in_atomic_block:
        connection.close()
    connection.health_check_done = True  # type: ignore[attr-defined]  # its stubs lack it
    connection.ensure_connection()
    before, found = connection.connection, None
    try:
        with transaction.atomic():
            found = run(statements, meanwhile=meanwhile)
            return go_on(found)
    except Error:
        # Django has left a connection on which not even a rollback was possible.
        if found is not None or connection.connection is before:
            raise
    with transaction.atomic():
        return go_on(run(statements))


def set_primary_key[M: models.Model](row: M, done: Done) -> M:
    """Give `row` the primary key that the database returned, and return it.

    `done` is the result of an INSERT with `RETURNING id`.
    """
    row.pk = done.rows[0][0]
    row._state.adding, row._state.db = False, connection.alias
    return row


def lock(keys: Iterable[str]) -> datetime:
    """Lock these keys until the current transaction ends; return the time once they are locked.

    Call it inside a transaction. Another transaction that locks one of the keys waits. The time is
    read as by `clock.now`. SQLite takes no such locks: its transactions begin immediate, so all its
    writers wait for each other anyway.
    """
    keys = set(keys)
    if not locks_of(keys):
        return clock.now()
    [done] = run([clock.question()], locking=keys)
    return clock.read(done.rows[0][0])


def locks_of(keys: Iterable[str]) -> list[Statement]:
    """Return the statement that locks these keys, in a list; an empty list on SQLite.

    Raises:
        ValueError: the kind of a key is not in `LOCK_ORDER`.
    """
    numbers = lock_numbers(keys)
    calls = ", ".join(["pg_advisory_xact_lock(%s)"] * len(numbers))
    return [Statement(f"SELECT {calls}", tuple(numbers))] if numbers else []


def lock_numbers(keys: Iterable[str]) -> list[int]:
    """Return the numbers of these keys' advisory locks, in `LOCK_ORDER`; an empty list on SQLite.

    Raises:
        ValueError: the kind of a key is not in `LOCK_ORDER`.
    """
    ordered = sorted((rank(key), key) for key in set(keys))
    if not is_postgresql():
        return []
    return [
        int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True)
        for _rank, key in ordered
    ]


def rank(key: str) -> int:
    """Return the place of the key's kind in `LOCK_ORDER`.

    Raises:
        ValueError: its kind is not there.
    """
    kind = key.partition(":")[0]
    if kind not in LOCK_ORDER:
        raise ValueError(f"Locks of the kind {kind!r} have no place in LOCK_ORDER.")
    return LOCK_ORDER.index(kind)
