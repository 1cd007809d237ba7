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
from django.db.models import QuerySet

from callbacks import db
from callbacks.models import Attempt, Outcome, Widget

MINUTE = timedelta(minutes=1)
# These let no phone ring, and so hold no line of the bot.
WITHOUT_A_CALL = (Outcome.NOT_SENT, Outcome.TRY_LATER, Outcome.REFUSED)


@dataclass(frozen=True)
class Limit:
    """At most `most` of `attempts` may have started within `window`."""

    attempts: QuerySet[Attempt]
    most: int
    window: timedelta

    def room(self, now: datetime) -> int:
        """How many more may start at `now`."""
        started = self.attempts.filter(started_at__gt=now - self.window).count()
        return max(self.most - started, 0)


def account_limits() -> list[Limit]:
    """The account's pace, unless `PACE_CALLS` is 0."""
    if not settings.PACE_CALLS:
        return []
    window = timedelta(seconds=settings.PACE_SECONDS)
    return [Limit(Attempt.objects.all(), settings.PACE_CALLS, window)]


def widget_limits(widget: Widget) -> list[Limit]:
    """The widget's own pace; none where staff set none."""
    own = Attempt.objects.filter(widget=widget)
    limits = []
    if widget.calls_per_minute:
        limits.append(Limit(own, widget.calls_per_minute, MINUTE))
    if widget.simultaneous_calls:
        ringing = own.exclude(outcome__in=WITHOUT_A_CALL)
        length = timedelta(seconds=widget.call_seconds)
        limits.append(Limit(ringing, widget.simultaneous_calls, length))
    return limits


def room(limits: Sequence[Limit], now: datetime) -> int | None:
    """How many calls may start at `now` under all of `limits`; None when there are none."""
    return min((limit.room(now) for limit in limits), default=None)


def lock_account() -> None:
    """Lets one claim at a time count and start. Inside the claim's transaction, before its row."""
    if settings.PACE_CALLS:
        db.lock(["pace"])


def lock_widget(widget: Widget) -> None:
    """The same for one widget's own pace."""
    if widget_limits(widget):
        db.lock([f"pace:{widget.pk}"])
