"""Send emails to the team: at most one to each recipient in `PAUSE`.

The first thing that happens is told at once. What happens in the `PAUSE` after an email waits, and
is told in the next one. So a flood of requests leads to one email in ten minutes, not to one for
each request.

A failed or uncertain request that nobody has looked at is told of after the widget's
`unseen_minutes`. That message is stored together with the change. It waits here, and is not needed
if somebody looks at the request or changes it in time.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db.models import F, QuerySet

from callbacks.core import clock
from callbacks.models import (
    CallRequest,
    MessageKind,
    OutboxMessage,
    Status,
    TeamMailEvent,
    TeamMailRecipient,
)
from callbacks.notifications import gathering, outbox
from callbacks.team_mails import delivering, looks, words

PAUSE = timedelta(minutes=10)
# The most messages that one email tells of. The others are told of in the next one.
MOST_TOLD = 1000
# A sender looks again for recipients after this many.
BATCH = 100
_TRUE_OF = {TeamMailEvent.FAILED: Status.FAILED, TeamMailEvent.UNCERTAIN: Status.UNCERTAIN}


def send_due(go_on: Callable[[], bool] = lambda: True) -> int:
    """Send each recipient one email about all that is due, and return how many were sent.

    It stops early once `go_on` returns False.
    """
    now, sent = clock.now(), 0
    waiting = _due(now).order_by().values_list("team_recipient", flat=True).distinct()
    for pk in list(waiting[:BATCH]):
        if not go_on():
            break
        sent += _send_to(pk)
    return sent


def _due(now: datetime) -> QuerySet[OutboxMessage]:
    return outbox.due(now).filter(kind=MessageKind.TEAM_MAIL)


def _send_to(pk: int) -> bool:
    """Send one recipient what is due, unless it is too soon. Return whether an email went out."""
    recipient = TeamMailRecipient.objects.select_related("widget").filter(pk=pk).first()
    if recipient is None:  # removed at this moment, with its messages
        return False
    now = clock.now()
    _let_wait(recipient, now)
    waiting = _due(now).filter(team_recipient=recipient)
    if clock.is_ahead(recipient.quiet_until, now, PAUSE):
        waiting.order_by().update(due_at=recipient.quiet_until)
        return False
    messages = gathering.take(waiting, MOST_TOLD)
    return bool(messages) and gathering.send(messages, partial(_send, recipient))


def _let_wait(recipient: TeamMailRecipient, now: datetime) -> None:
    """Move what is told of only if nobody looks at it to the time at which that is so.

    The outbox takes a time that lies further ahead than `LONGEST_WAIT` for a mistake of the clock,
    so a longer wait has several parts.
    """
    wait = timedelta(minutes=recipient.widget.unseen_minutes)
    unseen = _due(now).order_by().filter(team_recipient=recipient, event=TeamMailEvent.UNSEEN)
    latest = now + outbox.LONGEST_WAIT
    unseen.filter(created_at__gt=latest - wait, created_at__lte=now + clock.SLACK).update(
        due_at=latest
    )
    unseen.filter(created_at__gt=now - wait, created_at__lte=latest - wait).update(
        due_at=F("created_at") + wait
    )


def _send(recipient: TeamMailRecipient, messages: Sequence[OutboxMessage]) -> Mapping[int, str]:
    """Send messages to their recipient as one email.

    Return those that have nothing to tell any more, with the code that says why.

    Raises:
        outbox.Dropped: this is so for all of them.
        outbox.NotSent: the mail server did not accept the email.
    """
    delivering.check(recipient)
    told, dropped = _told(messages)
    if told:
        # The messages that an attempt tells of are its name: one that tells of more is another
        # email, which mail programs must not take for the same.
        name = f"team-{messages[0].pk}-{messages[-1].pk}-{len(messages)}"
        delivering.deliver(recipient, partial(words.of, recipient, told), name)
        quiet_until = clock.now() + PAUSE
        TeamMailRecipient.objects.filter(pk=recipient.pk).update(quiet_until=quiet_until)
    return dropped


def _told(
    messages: Sequence[OutboxMessage],
) -> tuple[list[tuple[TeamMailEvent, CallRequest]], dict[int, str]]:
    """Return what there is to tell, oldest first, and the messages that tell of nothing.

    Each request is told of once, with the latest of its events.
    """
    pks = [message.call_request_id for message in messages if message.call_request_id is not None]
    rows = CallRequest.objects.select_related("widget").prefetch_related("outcomes")
    requests = rows.defer("consent_text").in_bulk(pks)
    seen = looks.seen(pks)
    told: dict[int, tuple[TeamMailEvent, CallRequest]] = {}
    dropped = {}
    for message in messages:
        call_request = requests.get(message.call_request_id or 0)
        if why_not := _objection(message, call_request, seen):
            dropped[message.pk] = why_not
        elif call_request is not None:
            told[call_request.pk] = TeamMailEvent(message.event), call_request
    return list(told.values()), dropped


def _objection(message: OutboxMessage, call_request: CallRequest | None, seen: set[int]) -> str:
    """Return the code of why this is not told, or "" if nothing speaks against it.

    `seen` are the requests that somebody has looked at.
    """
    if call_request is None or call_request.erased_at is not None:
        return "erased"
    if call_request.is_test_call:
        return "test_call"
    if message.event == TeamMailEvent.UNSEEN:
        if call_request.status not in looks.TO_LOOK_AT:
            return "outdated"
        if call_request.pk in seen:
            return "seen"
        # It has failed once more since, which another message tells.
        return "outdated" if call_request.status_at > message.created_at else ""
    true_of = _TRUE_OF.get(TeamMailEvent(message.event), call_request.status)
    return "" if call_request.status == true_of else "outdated"
