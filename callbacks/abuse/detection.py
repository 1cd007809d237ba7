"""Pressure: so much that looks like a script's comes in that each form has to cost something.

Then a widget asks the visitor's browser for a proof of work. At other times a script that fills in
the form is as welcome as a person.
"""

import time
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from callbacks.abuse import limits
from callbacks.core import clock
from callbacks.models import LimitHit, ProofOfWork, Refusal, RefusalKind, Widget

# To read a form, type a number and tick a box takes a person longer, even with autofill.
FASTEST_PERSON = timedelta(seconds=1)
# More forms than this that were refused, or taken though too fast for a person, are pressure.
MOST_SUSPICIOUS = 100
LATELY = timedelta(minutes=10)
# So is more than half of the hourly cap, if that is more than a handful.
A_HANDFUL = 20
# What these are refused for is not their doing.
INNOCENT = (RefusalKind.PAUSED, RefusalKind.BUSY, RefusalKind.ACCOUNT)
# For so long, each process believes what it found.
KEPT_SECONDS = 5.0

_found: dict[int, tuple[float, bool]] = {}


def needs_proof(widget: Widget) -> bool:
    """Whether a form of `widget` is to come with a proof of work now."""
    if widget.proof_of_work != ProofOfWork.AUTOMATIC:
        return widget.proof_of_work == ProofOfWork.ALWAYS
    found_at, is_under = _found.get(widget.pk, (-KEPT_SECONDS, False))
    now = time.monotonic()
    if now - found_at >= KEPT_SECONDS:
        is_under = _is_under(widget, clock.now())
        _found[widget.pk] = now, is_under
    return is_under


def extra_limit_keys(widget: Widget, fill_time: timedelta | None) -> list[str]:
    """Return the limit keys that an accepted form counts under beside its limits.

    One key when the form came back faster than a person fills it in. `fill_time`: the time since
    it was shown; None when it is not known. A negative time is no age: the clock that showed the
    form was ahead.
    """
    return (
        [_fast_key(widget)]
        if fill_time is not None and timedelta() <= fill_time < FASTEST_PERSON
        else []
    )


def _is_under(widget: Widget, now: datetime) -> bool:
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
    return f"fast:{widget.pk}"
