"""The outbox: store what must leave the site, and send it until that succeeds.

A message is a row, written in the transaction of the change that it tells of. There is one row for
each recipient and channel, so that one that fails hides behind no other. The housekeeping process
sends the rows, in threads that place no calls (`callbacks.worker.outbox_sender`).

A message may arrive twice if a process dies between sending it and recording that. None is lost: it
ends as sent, as not needed, or as not sent, and the admin shows which.
"""

import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from django.db import Error
from django.db.models import QuerySet

from callbacks.core import clock
from callbacks.models import MessageKind, MessageState, OutboxMessage

log = structlog.get_logger(__name__)

# The wait after a failed attempt doubles from the first to the second of these.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
# The attempts end after about a day and a half.
MOST_ATTEMPTS = 50
KEPT = timedelta(days=30)
# The problem of a message that the other side refuses for good, such as for an unknown address.
REFUSED = "refused"
# A sender looks again for the oldest rows after this many.
BATCH = 100

_random = random.SystemRandom()


class Dropped(Exception):
    """There is nothing to send any more. `code` says why, such as `erased`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotSent(Exception):
    """The message was not sent. `code` says why, such as `mail_away`.

    It is tried again later, unless `is_permanent`.
    """

    def __init__(self, code: str, *, is_permanent: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.is_permanent = is_permanent


# Sends one message. Returns once the other side has accepted it.
Send = Callable[[OutboxMessage], None]


def add(messages: Iterable[OutboxMessage]) -> None:
    """Store messages that are due now. Call it in the transaction of what they tell of.

    `kind`, `channel`, `recipient` and what the message is about must be set.
    """
    now = clock.now()
    rows = list(messages)
    for row in rows:
        row.created_at = row.due_at = now
    OutboxMessage.objects.bulk_create(rows)


def due(now: datetime) -> QuerySet[OutboxMessage]:
    """Return the messages that are due to be sent at `now`, oldest first."""
    ahead = clock.ahead("due_at", now, LONGEST_WAIT)
    waiting = OutboxMessage.objects.filter(~ahead, state=MessageState.WAITING)
    return waiting.order_by("due_at", "pk")


def send_due(kind: MessageKind, send: Send, go_on: Callable[[], bool] = lambda: True) -> int:
    """Send the messages of one kind that are due and return how many were sent.

    It stops early once `go_on` returns False. A message that could not be sent is tried again,
    after a longer wait each time, and at most `MOST_ATTEMPTS` times.
    """
    sent = 0
    for message in due(clock.now()).filter(kind=kind)[:BATCH]:
        if not go_on():
            break
        sent += send_one(message, send)
    return sent


def send_one(message: OutboxMessage, send: Send) -> bool:
    """Send a message as it was read, unless another process has begun to; return whether it went.

    If it could not be sent, it is due again after a wait.
    """
    return _claim(message) and _send(message, send)


def wait_after(attempts: int) -> timedelta:
    """Return the wait after this number of failed attempts (1 for the first).

    A random part, up to half of it, is taken away: what failed together must not come back
    together.
    """
    full: timedelta = min(FIRST_WAIT * 2 ** min(max(attempts - 1, 0), 16), LONGEST_WAIT)
    return full * _random.uniform(0.5, 1)


def _claim(message: OutboxMessage) -> bool:
    """Count an attempt and move the next one forward. Return False if another process did so."""
    row = OutboxMessage.objects.filter(
        pk=message.pk, state=MessageState.WAITING, attempts=message.attempts
    )
    message.attempts += 1
    due_at = clock.now() + wait_after(message.attempts)
    return bool(row.update(attempts=message.attempts, due_at=due_at))


def _send(message: OutboxMessage, send: Send) -> bool:
    """Send a claimed message and record the result. Return whether it was sent."""
    problem, is_permanent = "", False
    try:
        send(message)
    except Dropped as dropped:
        _end(message, MessageState.DROPPED, dropped.code)
        return False
    except NotSent as error:
        problem, is_permanent = error.code, error.is_permanent
    except Error:  # the database is away: the message is still due
        raise
    except Exception as error:
        # This message cannot be sent as it is. The others must still go out.
        problem = type(error).__name__
        log.error("message_not_built", message=message.pk, kind=message.kind, error=problem)
    else:
        _end(message, MessageState.SENT)
        return True
    if is_permanent or message.attempts >= MOST_ATTEMPTS:
        _end(message, MessageState.FAILED, problem)
        log.error("message_given_up", message=message.pk, kind=message.kind, problem=problem)
    else:
        _of_this_attempt(message).update(problem=problem)
    return False


def _end(message: OutboxMessage, state: MessageState, problem: str = "") -> None:
    """Record how the message ended.

    What was sent was sent, even if another process tries it by now; anything else is recorded only
    if none does.
    """
    row = _of_this_attempt(message)
    if state is MessageState.SENT:
        row = OutboxMessage.objects.filter(pk=message.pk)
    row.update(state=state, ended_at=clock.now(), problem=problem)


def _of_this_attempt(message: OutboxMessage) -> QuerySet[OutboxMessage]:
    """Return the message's row, if no other attempt has begun."""
    return OutboxMessage.objects.filter(
        pk=message.pk, state=MessageState.WAITING, attempts=message.attempts
    )


def forget_old(now: datetime, batch: int = 1000) -> int:
    """Delete up to `batch` messages that are older than `KEPT`; return how many."""
    old = OutboxMessage.objects.filter(created_at__lt=now - KEPT).order_by("created_at")
    deleted, _ = OutboxMessage.objects.filter(
        pk__in=list(old.values_list("pk", flat=True)[:batch])
    ).delete()
    return deleted
