"""Statements of our own, many in one round trip; and locks.

A round trip costs a client of PostgreSQL more than most statements take: what a form or a call has
to know, and what it writes, goes in as few messages as can be (docs/performance.md).

Locks are taken in one order, so that no two transactions wait for each other:

1. the locks on keys, in the order of `LOCK_ORDER`, all in one statement, before any row is locked
   (a text's version, which is looked for when a form has a new one, before those of the limits);
2. rows of requests, by primary key; a claim passes over those that others have locked;
3. rows of everything else (the block list, attempts, limits).

A test watches that nobody takes them otherwise (`tests/support/lock_order.py`). Locks on rows that
are written in passing (a widget's or a person's, by a foreign key) may still meet: PostgreSQL ends
one of the two, which counts as a database that is away and is tried again.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection, models, transaction

from callbacks.core import clock
from callbacks.core.statements import Question, Statement, adapted, insertion

# What a lock's key begins with, up to the colon. What everybody needs comes last, so that nobody
# waits for a rare one while holding it.
LOCK_ORDER = (
    "pace",  # a claim counts the calls that have started
    "consent-chain",  # proofs get their place in the chain
    "consent-text",  # a consent text gets its version
    "look-up",  # what a member of staff looks up is counted
    *("number", "fast", "retry", "widget", "account"),  # what is counted for a limit
)

type Questions = Mapping[Any, Question]
type Answers = Mapping[Any, Any]


class Done(NamedTuple):
    """What a statement came to: how many rows it wrote or found, and those that it found."""

    number: int
    rows: Sequence[tuple[Any, ...]]


def run(
    statements: Sequence[Statement], *, locking: Iterable[str] = (), savepoint: bool = False
) -> list[Done]:
    """Carries out all of them or none, and raises what the database raises; inside a transaction
    that is to go on all the same, with a `savepoint`.

    On PostgreSQL in one round trip: a message of several statements is a transaction. With
    `locking`, once nobody else holds these keys (as by `lock`, until the transaction ends).
    """
    if connection.vendor != "postgresql":
        with transaction.atomic(savepoint=savepoint):
            return [_done(statement) for statement in statements]
    locks = locks_of(locking)
    message = [*locks, *statements]
    to_go_on = transaction.atomic() if savepoint and connection.in_atomic_block else nullcontext()
    with to_go_on, connection.cursor() as cursor:
        cursor.execute(
            "; ".join(statement.sql for statement in message),
            adapted(chain.from_iterable(statement.parameters for statement in message)),
        )
        done = [Done(cursor.rowcount, cursor.fetchall() if cursor.description else [])]
        while cursor.nextset():
            done.append(Done(cursor.rowcount, cursor.fetchall() if cursor.description else []))
    return done[len(locks) :]


def _done(statement: Statement) -> Done:
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, adapted(statement.parameters))
        return Done(cursor.rowcount, cursor.fetchall() if cursor.description else [])


def asking(questions: Questions) -> Statement:
    """One SELECT of what all of them select. `answers` reads what it gives."""
    columns = ", ".join(f"({question.sql})" for question in questions.values())
    parameters = chain.from_iterable(question.parameters for question in questions.values())
    return Statement(f"SELECT {columns}", tuple(parameters))


def answers(questions: Questions, done: Done) -> Answers:
    """The answer to each question, under its key; None where it finds no row."""
    return dict(zip(questions, done.rows[0], strict=True))


def ask(questions: Questions) -> Answers:
    """What each question's SELECT gives, in one round trip.

    A time comes out of SQLite as text: ask for something else.
    """
    if not questions:
        return {}
    return answers(questions, _done(asking(questions)))


def insert[M: models.Model](row: M) -> M:
    """Saves a new row and gives it its key, as `save` would, but sends no signals."""
    return inserted(row, _done(insertion(row, returning_key=True)))


def inserted[M: models.Model](row: M, done: Done) -> M:
    """The row with the key that it was given; `done`: what its `insertion` came to."""
    row.pk = done.rows[0][0]
    row._state.adding, row._state.db = False, connection.alias
    return row


def lock(keys: Iterable[str]) -> datetime:
    """Lets nobody else into a transaction that locks one of `keys` until this one has ended.

    To be called inside a transaction. Returns the time (`clock.now`) once the locks are held.
    SQLite's transactions begin immediate, so there all writers wait for each other anyway.
    """
    keys = set(keys)
    if not locks_of(keys):
        return clock.now()
    [done] = run([clock.question()], locking=keys)
    return clock.read(done.rows[0][0])


def locks_of(keys: Iterable[str]) -> list[Statement]:
    """What locks them, as `lock` does; nothing in SQLite.

    Raises: ValueError for a key whose kind is not in `LOCK_ORDER`.
    """
    ordered = sorted((rank(key), key) for key in set(keys))
    if connection.vendor != "postgresql" or not ordered:
        return []
    numbers = [
        int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True)
        for _rank, key in ordered
    ]
    calls = ", ".join(["pg_advisory_xact_lock(%s)"] * len(numbers))
    return [Statement(f"SELECT {calls}", tuple(numbers))]


def rank(key: str) -> int:
    """Return the place of the key's kind in `LOCK_ORDER`."""
    kind = key.partition(":")[0]
    if kind not in LOCK_ORDER:
        raise ValueError(f"Locks of the kind {kind!r} have no place in LOCK_ORDER.")
    return LOCK_ORDER.index(kind)
