"""Limits on how many calls may start, for the whole account and for each widget.

The account: `PACE_CALLS` calls in any `PACE_SECONDS` seconds. A widget: its calls per minute, and
as many simultaneous calls as its bot can hold. The call service never reports the end of a call, so
a call counts as going on for the length that the widget assumes.

All counts come from the table of attempts, under a lock. They cover all workers and machines, and
so they are exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import QuerySet

from callbacks.core import clock
from callbacks.models import Attempt, Widget
from callbacks.models.attempt import WITHOUT_A_CALL

MINUTE = timedelta(minutes=1)


class Paced(StrEnum):
    """What a limit counts. In SQL, its window begins at the parameter `<value>_since`."""

    # All calls.
    ACCOUNT = "account"
    # The calls of a widget.
    WIDGET = "widget"
    # The calls of a widget that may still go on.
    ONGOING = "ongoing"


@dataclass(frozen=True)
class PacingLimit:
    """At most `most` attempts within `window`, among those that `what` counts."""

    what: Paced
    most: int
    window: timedelta
    widget_id: int | None = None

    def inside(self, now: datetime) -> QuerySet[Attempt]:
        """Return the attempts within the window at `now`, the oldest first."""
        counted = Attempt.objects.filter(
            started_at__gt=now - self.window, started_at__lte=now + clock.SLACK
        )
        if self.widget_id is not None:
            counted = counted.filter(widget_id=self.widget_id)
        if self.what is Paced.ONGOING:
            # No phone rang, so the call holds no line of the bot.
            counted = counted.exclude(outcome__in=WITHOUT_A_CALL)
        return counted.order_by("started_at")

    def room(self, started: int) -> int:
        """Return how many more may start if `started` have started already."""
        return max(self.most - started, 0)


def account_pacing() -> list[PacingLimit]:
    """Return the account's limit, or an empty list if `PACE_CALLS` is 0."""
    if not settings.PACE_CALLS:
        return []
    window = timedelta(seconds=settings.PACE_SECONDS)
    return [PacingLimit(Paced.ACCOUNT, settings.PACE_CALLS, window)]


def widget_pacing(widget: Widget) -> list[PacingLimit]:
    """Return the widget's own limits, or an empty list if staff set none."""
    limits = []
    if widget.calls_per_minute:
        limits.append(PacingLimit(Paced.WIDGET, widget.calls_per_minute, MINUTE, widget.pk))
    if widget.simultaneous_calls:
        length = timedelta(seconds=widget.call_seconds)
        limits.append(PacingLimit(Paced.ONGOING, widget.simultaneous_calls, length, widget.pk))
    return limits


def windows(limits: Sequence[PacingLimit], *kinds: Paced) -> dict[str, object]:
    """Return the times between which each kind of limit counts, as parameters of a statement.

    If `limits` has none of a kind, its window is empty.

    When a statement is executed under a lock, the windows end when the database received the
    message, not when it got the lock. The windows then reach back too far by the time spent
    waiting, so a call may start too late but never too early.
    """
    lengths = {limit.what: limit.window for limit in limits}
    return {
        "latest_reading": clock.in_sql(ago=-clock.SLACK),
        **{f"{kind}_since": clock.in_sql(ago=lengths.get(kind, -clock.SLACK)) for kind in kinds},
    }


def room(limits: Sequence[PacingLimit], now: datetime) -> int | None:
    """Return how many calls may start under all of `limits`, or None if there are no limits."""
    return min((limit.room(limit.inside(now).count()) for limit in limits), default=None)
