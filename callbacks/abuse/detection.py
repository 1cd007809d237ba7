"""Detect pressure: a flood of forms that look as if a script had sent them.

Under pressure, each form must cost something: the widget asks the visitor's browser for a proof of
work. At other times a script that fills in the form is treated as a person is.
"""

from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from callbacks.abuse import limits
from callbacks.core import clock
from callbacks.core.process_memory import ShortCache
from callbacks.models import LimitHit, ProofOfWork, Refusal, RefusalKind, Widget

# A person needs longer than this to read a form, type a number and tick a box, even with autofill.
FASTEST_PERSON = timedelta(seconds=1)
# A widget is under pressure if it receives more suspicious forms than this within `LATELY`. A form
# is suspicious if it was refused, or accepted although it came back too fast for a person.
MOST_SUSPICIOUS = 100
LATELY = timedelta(minutes=10)
# A widget is also under pressure if it accepts more forms in an hour than half of its hourly cap,
# and more than this number.
A_HANDFUL = 20
# Refusals for these reasons are not the visitor's doing, so they are not suspicious.
INNOCENT = (RefusalKind.PAUSED, RefusalKind.BUSY, RefusalKind.ACCOUNT)
# Each process caches its finding for this many seconds.
KEPT_SECONDS = 5.0

findings: ShortCache[int, bool] = ShortCache(KEPT_SECONDS, most=1000)


def needs_proof(widget: Widget) -> bool:
    """Return whether a form of `widget` must come with a proof of work now."""
    if widget.proof_of_work != ProofOfWork.AUTOMATIC:
        return widget.proof_of_work == ProofOfWork.ALWAYS
    return bool(findings.get(widget.pk, lambda: _is_under_pressure(widget, clock.now())))


def extra_limit_keys(widget: Widget, fill_time: timedelta | None) -> list[str]:
    """Return the keys that an accepted form counts under in addition to its limits.

    There is one key if the form came back faster than a person fills it in, else none. `fill_time`
    is the time since the form was shown; None if it is unknown. A negative time is ignored: the
    clock was ahead when the form was shown.
    """
    return (
        [_fast_key(widget)]
        if fill_time is not None and timedelta() <= fill_time < FASTEST_PERSON
        else []
    )


def _is_under_pressure(widget: Widget, now: datetime) -> bool:
    """Return whether the widget is under pressure at `now`, by the counts in the database."""
    taken, fast = limits.widget_key(widget), _fast_key(widget)
    counted = LimitHit.objects.filter(
        key__in=[taken, fast], at__gt=now - limits.HOUR, at__lte=now + clock.SLACK
    ).aggregate(
        taken=Count("pk", filter=Q(key=taken)),
        fast=Count("pk", filter=Q(key=fast, at__gt=now - LATELY)),
    )
    lately = Refusal.objects.filter(
        widget=widget, minute__gt=now - LATELY, minute__lte=now + clock.SLACK
    )
    refused = lately.exclude(kind__in=INNOCENT).aggregate(sum=Sum("count"))["sum"] or 0
    if counted["fast"] + refused > MOST_SUSPICIOUS:
        return True
    taken_lately: int = counted["taken"]
    return taken_lately > max(A_HANDFUL, widget.hourly_cap / 2)


def _fast_key(widget: Widget) -> str:
    """Return the key that counts the widget's forms that came back too fast."""
    return f"fast:{widget.pk}"
