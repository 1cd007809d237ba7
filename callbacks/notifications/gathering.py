"""Send several messages of the outbox to one recipient as one.

They are claimed together, and end together: as sent, as not sent, or to be tried again.
"""

from collections.abc import Callable, Mapping, Sequence

import structlog
from django.db import Error, transaction
from django.db.models import F, QuerySet

from callbacks.core import clock
from callbacks.models import MessageState, OutboxMessage
from callbacks.notifications import outbox

log = structlog.get_logger(__name__)

# Sends messages as one. Returns those of which there was nothing to tell, by primary key, with the
# code that says why. It raises what an `outbox.Send` raises.
type SendTogether = Callable[[Sequence[OutboxMessage]], Mapping[int, str]]


def take(waiting: QuerySet[OutboxMessage], most: int) -> list[OutboxMessage]:
    """Claim up to `most` of these messages, and return them.

    Each counts an attempt, and its next one moves forward, so that no other process sends it.
    """
    with transaction.atomic():
        messages = list(waiting.select_for_update()[:most])
        attempts = 1 + max((message.attempts for message in messages), default=0)
        due_at = clock.now() + outbox.wait_after(attempts)
        rows = OutboxMessage.objects.filter(pk__in=[message.pk for message in messages])
        rows.update(attempts=F("attempts") + 1, due_at=due_at)
    for message in messages:
        message.attempts, message.due_at = message.attempts + 1, due_at
    return messages


def send(messages: Sequence[OutboxMessage], send: SendTogether) -> bool:
    """Send claimed messages as one, and record how each ended. Return whether they went out."""
    problem, is_permanent = "", False
    try:
        dropped = send(messages)
    except outbox.Dropped as reason:
        _end(messages, MessageState.DROPPED, reason.code)
        return False
    except outbox.NotSent as error:
        problem, is_permanent = error.code, error.is_permanent
    except Error:  # the database is away: the messages are still due
        raise
    except Exception as error:
        # These messages cannot be sent as they are. The others must still go out.
        problem = type(error).__name__
        first = messages[0]
        log.error("message_not_built", message=first.pk, kind=first.kind, error=problem)
    else:
        with transaction.atomic():
            for code in set(dropped.values()):
                mine = [message for message in messages if dropped.get(message.pk) == code]
                _end(mine, MessageState.DROPPED, code)
            told = [message for message in messages if message.pk not in dropped]
            _end(told, MessageState.SENT)
        return bool(told)
    over = [one for one in messages if is_permanent or one.attempts >= outbox.MOST_ATTEMPTS]
    _end(over, MessageState.FAILED, problem)
    for message in over:
        log.error("message_given_up", message=message.pk, kind=message.kind, problem=problem)
    _claimed(messages).update(problem=problem)
    return False


def _end(messages: Sequence[OutboxMessage], state: MessageState, problem: str = "") -> None:
    """Record how these messages ended.

    What was sent was sent, even if another process tries it by now; anything else is recorded only
    if none does.
    """
    rows = _claimed(messages)
    if state is MessageState.SENT:
        rows = OutboxMessage.objects.filter(pk__in=[message.pk for message in messages])
    rows.update(state=state, ended_at=clock.now(), problem=problem)


def _claimed(messages: Sequence[OutboxMessage]) -> QuerySet[OutboxMessage]:
    """Return the rows of messages that were claimed together, if no other attempt has begun."""
    return OutboxMessage.objects.filter(
        pk__in=[message.pk for message in messages],
        state=MessageState.WAITING,
        due_at__in={message.due_at for message in messages},
    )
