"""How long until the phone rings: what a waiting visitor is told, and whether to promise at all.

A request waits for the calls in front of it to start, under each limit that they share: the
account's pace, its widget's pace, and what the workers can do. The longest of these waits is the
forecast. Later requests of other widgets may still step in front (the queue is fair), so it is an
estimate: the burst test holds it to a factor of two.
"""

from datetime import datetime, timedelta

from django.conf import settings

from callbacks.core import database
from callbacks.core.statements import Question
from callbacks.dispatch import pacing
from callbacks.dispatch.claim import is_due
from callbacks.models import Attempt, CallRequest, Widget

# Until there are attempts to measure: what a call takes from claim to answer, in seconds.
USUAL_ATTEMPT_SECONDS = 1.0
# What an attempt took lately.
_ATTEMPT_MS = Question(
    "SELECT AVG(duration_ms) FROM (SELECT duration_ms FROM callbacks_attempt"
    " WHERE duration_ms IS NOT NULL ORDER BY id DESC LIMIT 20) AS latest"
)


def expected_wait_of(call_request: CallRequest, now: datetime) -> timedelta:
    """How long a request that is queued waits from `now` until its call starts; never less than
    the time until it is due."""
    queue_position = Question("SELECT %s", (call_request.queue_position,))
    found = database.ask(questions(call_request.widget, queue_position))
    wait = expected_wait(call_request.widget, found, now)
    return max(wait, (call_request.waits_until(now) or now) - now)


def questions(widget: Widget, queue_position: Question) -> database.Questions:
    """What `expected_wait` has to know about a request of `widget` with this `queue_position`."""
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
    """How long it waits from `now`. `found`: the answers to `questions`."""
    seconds = float(found["attempt_ms"] or USUAL_ATTEMPT_SECONDS * 1000) / 1000
    waits = [found["in_all"] * seconds / settings.WORKERS]
    for limit in pacing.account_pacing():
        waits.append(_wait(limit, found[limit], found["in_all"], now))
    for limit in pacing.widget_pacing(widget):
        waits.append(_wait(limit, found[limit], found["own"], now))
    return timedelta(seconds=max(waits))


def _wait(limit: pacing.PacingLimit, started: int, ahead: int, now: datetime) -> float:
    """Seconds until `limit` lets the one behind `ahead` others start.

    Each start leaves the window after its length and makes room for one; those that start then
    leave it one window later, and so on.
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
