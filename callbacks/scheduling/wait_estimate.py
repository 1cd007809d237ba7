"""Estimate how long until the phone rings.

The estimate is shown to waiting visitors. Intake uses it to refuse a request whose call would come
too late.

A request waits for the calls before it to start, under each limit that they share: the call rate of
the account, that of its widget, and the capacity of the workers. The longest of these waits is the
estimate. Later requests of other widgets may still overtake it, because the queue is fair between
widgets. The burst test therefore checks it to a factor of two.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from callbacks.core import database, queries
from callbacks.models import CallRequest, Widget
from callbacks.scheduling import pacing
from callbacks.scheduling.due import times
from callbacks.scheduling.pacing import Paced

SQL = queries.load(__file__, "wait_estimate.sql")
# How long a call takes from claim to answer, in ms, as long as no attempt has been measured.
USUAL_ATTEMPT_MS = 1000.0


class Queue(NamedTuple):
    """What `wait_estimate.sql` and intake's `ask` select about the queue, in their order.

    `ahead` is the number of due requests in front of this one, and `ahead_of_widget` those of its
    widget (0 if the widget has no pace). `attempt_ms` is how long the last attempts took on
    average. `account`, `widget` and `ongoing` are the calls that each pacing limit counts.
    """

    ahead: int
    ahead_of_widget: int
    attempt_ms: float | None
    account: int
    widget: int
    ongoing: int


def expected_wait_of(call_request: CallRequest, now: datetime) -> timedelta:
    """Return how long a queued request waits from `now` until its call starts.

    It is never less than the time until the request is due. A request that has not joined the
    queue yet takes part in no estimate, so only that time is known.
    """
    until_due = (call_request.waits_until(now) or now) - now
    if call_request.queue_position is None:
        return until_due
    ask = SQL["ask"](**parameters(call_request.widget), queue_position=call_request.queue_position)
    [found] = database.execute(ask).rows
    return max(expected_wait(call_request.widget, Queue(*found), now), until_due)


def parameters(widget: Widget) -> dict[str, object]:
    """Return the parameters that say which calls count for a request of `widget`."""
    own = pacing.widget_pacing(widget)
    return {
        **times(),
        **pacing.windows([*pacing.account_pacing(), *own], *Paced),
        "widget_id": widget.pk,
        "is_paced": bool(own),
    }


def expected_wait(widget: Widget, queue: Queue, now: datetime) -> timedelta:
    """Return how long a request of `widget` waits from `now`."""
    seconds = float(queue.attempt_ms or USUAL_ATTEMPT_MS) / 1000
    waits = [queue.ahead * seconds / settings.WORKERS]
    for limit in pacing.account_pacing():
        waits.append(_wait(limit, queue.account, queue.ahead, now))
    for limit in pacing.widget_pacing(widget):
        started = queue.ongoing if limit.what is Paced.ONGOING else queue.widget
        waits.append(_wait(limit, started, queue.ahead_of_widget, now))
    return timedelta(seconds=max(waits))


def _wait(limit: pacing.PacingLimit, started: int, ahead: int, now: datetime) -> float:
    """Return the seconds until `limit` lets a call start that has `ahead` calls before it.

    `started` is the number of calls that `limit` counts already. A call that started leaves the
    window after the window's length, and makes room for one call. That call leaves one window
    later, and so on.
    """
    room = limit.room(started)
    if ahead < room:
        return 0
    windows, place = divmod(ahead - room, limit.most)
    leaves = now
    # With fewer calls in the window, there is nothing to read: a burst of forms saves the query.
    if place < started:
        starts = limit.inside(now).values_list("started_at", flat=True)
        leaves = starts[place:].first() or now
    return (leaves + limit.window * (1 + windows) - now).total_seconds()
