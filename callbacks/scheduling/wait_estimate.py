"""Estimate how long until the phone rings.

The estimate is shown to waiting visitors. Intake uses it to refuse a request whose call would come
too late.

A request waits for the calls before it to start, under each limit that they share: the call rate of
the account, that of its widget, and the capacity of the workers. The longest of these waits is the
estimate. Later requests of other widgets may still overtake it, because the queue is fair between
widgets. The burst test therefore checks it to a factor of two.
"""

from datetime import datetime, timedelta

from django.conf import settings

from callbacks.core import database
from callbacks.core.statements import Question
from callbacks.models import Attempt, CallRequest, Widget
from callbacks.scheduling import pacing
from callbacks.scheduling.due import is_due

# How long a call takes from claim to answer, in seconds, as long as no attempt has been measured.
USUAL_ATTEMPT_SECONDS = 1.0
# The average duration of the last 20 attempts, in milliseconds.
_ATTEMPT_MS = Question(
    "SELECT AVG(duration_ms) FROM (SELECT duration_ms FROM callbacks_attempt"
    " WHERE duration_ms IS NOT NULL ORDER BY id DESC LIMIT 20) AS latest"
)


def expected_wait_of(call_request: CallRequest, now: datetime) -> timedelta:
    """Return how long a queued request waits from `now` until its call starts.

    It is never less than the time until the request is due.
    """
    queue_position = Question("SELECT %s", (call_request.queue_position,))
    found = database.ask(questions(call_request.widget, queue_position))
    wait = expected_wait(call_request.widget, found, now)
    return max(wait, (call_request.waits_until(now) or now) - now)


def questions(widget: Widget, queue_position: Question) -> database.Questions:
    """Return the questions whose answers `expected_wait` needs.

    `queue_position` selects the place in the queue of a request of `widget`.
    """
    due = is_due()
    sql = (
        f"SELECT COUNT(*) FROM callbacks_callrequest WHERE {due.sql}"
        f" AND queue_position < ({queue_position.sql})"
    )
    ahead = (*due.parameters, *queue_position.parameters)
    account, own = pacing.account_pacing(), pacing.widget_pacing(widget)
    in_all = {"in_all": Question(sql, ahead), "attempt_ms": _ATTEMPT_MS}
    of_its_own = {"own": Question(f"{sql} AND widget_id = %s", (*ahead, widget.pk))}
    return {**in_all, **(of_its_own if own else {}), **pacing.questions([*account, *own])}


def expected_wait(widget: Widget, found: database.Answers, now: datetime) -> timedelta:
    """Return how long the request waits from `now`. `found` are the answers to `questions`."""
    seconds = float(found["attempt_ms"] or USUAL_ATTEMPT_SECONDS * 1000) / 1000
    waits = [found["in_all"] * seconds / settings.WORKERS]
    for limit in pacing.account_pacing():
        waits.append(_wait(limit, found[limit], found["in_all"], now))
    for limit in pacing.widget_pacing(widget):
        waits.append(_wait(limit, found[limit], found["own"], now))
    return timedelta(seconds=max(waits))


def _wait(limit: pacing.PacingLimit, started: int, ahead: int, now: datetime) -> float:
    """Return the seconds until `limit` lets a call start that has `ahead` calls before it.

    `started` is the number of calls that `limit` counts already. A call that started leaves the
    window after the window's length, and makes room for one call. That call leaves one window
    later, and so on.
    """
    room = limit.room(started)
    missing = ahead + 1 - room
    if missing <= 0:
        return 0
    windows, place = divmod(missing - 1, limit.most)
    leaves = now
    if place < limit.most - room:
        oldest = database.ask({"pk": limit.nth_oldest(place)})["pk"]
        times = Attempt.objects.filter(pk=oldest).values_list("started_at", flat=True)
        leaves = next(iter(times), now)
    return (leaves + limit.window * (1 + windows) - now).total_seconds()
