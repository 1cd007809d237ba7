"""Limits on how many calls may start, for the whole account and for each widget.

The account: `PACE_CALLS` calls in any `PACE_SECONDS` seconds. A widget: its calls per minute, and
as many simultaneous calls as its bot can hold. The call service never reports the end of a call, so
a call counts as going on for the length that the widget assumes.

All counts come from the table of attempts, under a lock. They cover all workers and machines, and
so they are exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from callbacks.core import clock, database
from callbacks.core.statements import Question, Statement
from callbacks.models import Widget

MINUTE = timedelta(minutes=1)
# With these three outcomes no phone rang, so the call holds no line of the bot.
WITH_A_CALL = "outcome NOT IN ('not_sent', 'try_later', 'refused')"


@dataclass(frozen=True)
class PacingLimit:
    """At most `most` attempts within `window`, counted among those that match `condition` (SQL)."""

    most: int
    window: timedelta
    condition: str = "1 = 1"
    parameters: tuple[object, ...] = ()

    def started(self) -> Question:
        """Return the question how many attempts have started within the window."""
        return self._inside("COUNT(*)")

    def nth_oldest(self, place: int) -> Question:
        """Return the question for one attempt within the window, by the order in which they began.

        `place` counts from 0, the oldest. The answer is the attempt's primary key.
        """
        inside = self._inside("id")
        sql = f"{inside.sql} ORDER BY started_at LIMIT 1 OFFSET %s"
        return Question(sql, (*inside.parameters, place))

    def room(self, started: int) -> int:
        """Return how many more may start if `started` have started already."""
        return max(self.most - started, 0)

    def _inside(self, what: str) -> Question:
        """Return the question for `what` (SQL) about the attempts within the window."""
        since, latest = clock.in_sql(ago=self.window), clock.in_sql(ago=-clock.SLACK)
        return Question(
            f"SELECT {what} FROM callbacks_attempt WHERE started_at > {since.sql}"
            f" AND started_at <= {latest.sql} AND {self.condition}",
            (*since.parameters, *latest.parameters, *self.parameters),
        )


def account_pacing() -> list[PacingLimit]:
    """Return the account's limit, or an empty list if `PACE_CALLS` is 0."""
    if not settings.PACE_CALLS:
        return []
    return [PacingLimit(settings.PACE_CALLS, timedelta(seconds=settings.PACE_SECONDS))]


def widget_pacing(widget: Widget) -> list[PacingLimit]:
    """Return the widget's own limits, or an empty list if staff set none."""
    limits = []
    if widget.calls_per_minute:
        limits.append(PacingLimit(widget.calls_per_minute, MINUTE, "widget_id = %s", (widget.pk,)))
    if widget.simultaneous_calls:
        length = timedelta(seconds=widget.call_seconds)
        ringing = f"widget_id = %s AND {WITH_A_CALL}"
        limits.append(PacingLimit(widget.simultaneous_calls, length, ringing, (widget.pk,)))
    return limits


def questions(limits: Sequence[PacingLimit]) -> database.Questions:
    """Return the questions whose answers `room` needs.

    When they are asked under a lock, the windows end when the database received the message, not
    when it got the lock. The windows then reach back too far by the time spent waiting, so a call
    may start too late but never too early.
    """
    return {limit: limit.started() for limit in limits}


def room(limits: Sequence[PacingLimit], found: database.Answers) -> int | None:
    """Return how many calls may start under all of `limits`, or None if there are no limits.

    `found` holds the answers to `questions`.
    """
    return min((limit.room(found[limit]) for limit in limits), default=None)


def lock() -> list[Statement]:
    """Return the statements that let only one claim at a time count and start.

    Execute them before the row is locked. There is one lock for all widgets: a claim that finds one
    widget full goes on to the next, so with one lock per widget two claims could wait for each
    other. If nothing is paced, the statement takes no lock and returns no row. On SQLite the list
    is empty.
    """
    statements = database.locks_of(["pace"])
    if settings.PACE_CALLS:
        return statements
    paced = "SELECT 1 FROM callbacks_widget WHERE calls_per_minute > 0 OR simultaneous_calls > 0"
    return [Statement(f"{one.sql} WHERE EXISTS ({paced})", one.parameters) for one in statements]
