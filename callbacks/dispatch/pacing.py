"""How many calls may start: for the whole account, and for a widget.

The account: `PACE_CALLS` in any `PACE_SECONDS`. A widget: its calls a minute, and as many calls
at once as its bot can hold, where a call counts as going on for the widget's assumed length,
because the call service never says that one has ended. All are counted from the attempts
themselves, under a lock, over all workers and machines, and so are exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from callbacks.core import clock, database
from callbacks.core.statements import Question, Statement
from callbacks.models import Widget

MINUTE = timedelta(minutes=1)
# The other outcomes let no phone ring, and so hold no line of the bot.
WITH_A_CALL = "outcome NOT IN ('not_sent', 'try_later', 'refused')"


@dataclass(frozen=True)
class PacingLimit:
    """At most `most` of the attempts that `condition` (SQL) selects may have started within
    `window`."""

    most: int
    window: timedelta
    condition: str = "1 = 1"
    parameters: tuple[object, ...] = ()

    def started(self) -> Question:
        """How many have."""
        return self._inside("COUNT(*)")

    def nth_oldest(self, place: int) -> Question:
        """The primary key of the one inside the window that started first, second, … (from 0)."""
        inside = self._inside("id")
        sql = f"{inside.sql} ORDER BY started_at LIMIT 1 OFFSET %s"
        return Question(sql, (*inside.parameters, place))

    def room(self, started: int) -> int:
        """How many more may start when so many have."""
        return max(self.most - started, 0)

    def _inside(self, what: str) -> Question:
        since, right = clock.in_sql(ago=self.window), clock.in_sql(ago=-clock.SLACK)
        return Question(
            f"SELECT {what} FROM callbacks_attempt WHERE started_at > {since.sql}"
            f" AND started_at <= {right.sql} AND {self.condition}",
            (*since.parameters, *right.parameters, *self.parameters),
        )


def account_pacing() -> list[PacingLimit]:
    """The account's pace, unless `PACE_CALLS` is 0."""
    if not settings.PACE_CALLS:
        return []
    return [PacingLimit(settings.PACE_CALLS, timedelta(seconds=settings.PACE_SECONDS))]


def widget_pacing(widget: Widget) -> list[PacingLimit]:
    """The widget's own pace; none where staff set none."""
    limits = []
    if widget.calls_per_minute:
        limits.append(PacingLimit(widget.calls_per_minute, MINUTE, "widget_id = %s", (widget.pk,)))
    if widget.simultaneous_calls:
        length = timedelta(seconds=widget.call_seconds)
        ringing = f"widget_id = %s AND {WITH_A_CALL}"
        limits.append(PacingLimit(widget.simultaneous_calls, length, ringing, (widget.pk,)))
    return limits


def questions(limits: Sequence[PacingLimit]) -> database.Questions:
    """What `room` has to know.

    Asked under a lock, the windows end when the message came in and not when the lock was had: so
    they reach back too far by that wait, and never let a call through too early.
    """
    return {limit: limit.started() for limit in limits}


def room(limits: Sequence[PacingLimit], found: database.Answers) -> int | None:
    """How many calls may start under all of `limits`; None when there are none.

    `found`: the answers to `questions`.
    """
    return min((limit.room(found[limit]) for limit in limits), default=None)


def lock() -> list[Statement]:
    """Return what lets one claim at a time count and start: execute it before its row is locked.

    One lock for all widgets: a claim that finds one full goes on to the next, and with a lock for
    each, two claims could wait for each other. Where nothing at all is paced it locks nothing, and
    then it gives no row. In SQLite there is nothing to execute.
    """
    statements = database.locks_of(["pace"])
    if settings.PACE_CALLS:
        return statements
    paced = "SELECT 1 FROM callbacks_widget WHERE calls_per_minute > 0 OR simultaneous_calls > 0"
    return [Statement(f"{one.sql} WHERE EXISTS ({paced})", one.parameters) for one in statements]
