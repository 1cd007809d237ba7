"""How many calls may start: for the whole account, and for a widget.

The account: `PACE_CALLS` in any `PACE_SECONDS`. A widget: its calls a minute, and as many calls
at once as its bot can hold, where a call counts as going on for the widget's assumed length,
because the call service never says that one has ended. All are counted from the attempts
themselves, under a lock, over all workers and machines, and so are exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from callbacks import clock, db
from callbacks.models import Widget

MINUTE = timedelta(minutes=1)
# The other outcomes let no phone ring, and so hold no line of the bot.
WITH_A_CALL = "outcome NOT IN ('not_sent', 'try_later', 'refused')"


@dataclass(frozen=True)
class Limit:
    """At most `most` of the attempts that `condition` (SQL) selects may have started within
    `window`."""

    most: int
    window: timedelta
    condition: str = "1 = 1"
    parameters: tuple[object, ...] = ()

    def started(self, now: datetime) -> db.Question:
        """How many have."""
        return self._inside("COUNT(*)", now)

    def nth_oldest(self, place: int, now: datetime) -> db.Question:
        """The primary key of the one inside the window that started first, second, … (from 0)."""
        inside = self._inside("id", now)
        sql = f"{inside.sql} ORDER BY started_at LIMIT 1 OFFSET %s"
        return db.Question(sql, (*inside.parameters, place))

    def room(self, started: int) -> int:
        """How many more may start when so many have."""
        return max(self.most - started, 0)

    def _inside(self, what: str, now: datetime) -> db.Question:
        return db.Question(
            f"SELECT {what} FROM callbacks_attempt WHERE started_at > %s AND {self.condition}",
            (now - self.window, *self.parameters),
        )


def account_limits() -> list[Limit]:
    """The account's pace, unless `PACE_CALLS` is 0."""
    if not settings.PACE_CALLS:
        return []
    return [Limit(settings.PACE_CALLS, timedelta(seconds=settings.PACE_SECONDS))]


def widget_limits(widget: Widget) -> list[Limit]:
    """The widget's own pace; none where staff set none."""
    limits = []
    if widget.calls_per_minute:
        limits.append(Limit(widget.calls_per_minute, MINUTE, "widget_id = %s", (widget.pk,)))
    if widget.simultaneous_calls:
        length = timedelta(seconds=widget.call_seconds)
        ringing = f"widget_id = %s AND {WITH_A_CALL}"
        limits.append(Limit(widget.simultaneous_calls, length, ringing, (widget.pk,)))
    return limits


def questions(limits: Sequence[Limit], now: datetime) -> db.Questions:
    """What `room` has to know."""
    return {limit: limit.started(now) for limit in limits}


def room(limits: Sequence[Limit], found: db.Answers) -> int | None:
    """How many calls may start under all of `limits`; None when there are none.

    `found`: the answers to `questions`.
    """
    return min((limit.room(found[limit]) for limit in limits), default=None)


def lock_account() -> datetime:
    """Lets one claim at a time count and start. Inside the claim's transaction, before its row.

    Returns the time.
    """
    return db.lock(["pace"]) if settings.PACE_CALLS else clock.now()


def lock_widget(widget: Widget) -> None:
    """The same for one widget's own pace."""
    if widget_limits(widget):
        db.lock([f"pace:{widget.pk}"])
