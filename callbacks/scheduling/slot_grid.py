"""Where the time slots of an open period lie, as values without a database.

In an open period of at most one day, the slots follow one another from its beginning, also past
midnight: from 09:00 in slots of 30 minutes, they begin at 09:00, 09:30, 10:00… A longer period is
cut at each midnight, and its slots follow one another from there. Otherwise the times of the slots
would depend on when a period that never ends began. A slot that does not fit before the end is left
out.

A slot lasts as long as staff set, whatever the clocks do meanwhile. So on the day on which they
change, a time that is skipped is no slot, and a time that comes twice is two slots.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from callbacks.hours.opening_hours import Span

_ONE_DAY = timedelta(days=1)


def starts(span: Span, zone: ZoneInfo, length: timedelta, since: datetime) -> Iterator[datetime]:
    """Yield when the slots of an open period begin, in UTC: those from `since` on, in order.

    `length` is that of a slot. The days are those of `zone`.
    """
    for begin, end in _stretches(span, zone):
        earlier = max(0, -((begin - since) // length))  # slots of the stretch that begin too soon
        start = begin + earlier * length
        while start + length <= end:
            yield start
            start += length


def midnight(moment: datetime, zone: ZoneInfo, days: int = 0) -> datetime:
    """Return when the day of `moment` begins in `zone`, or the day `days` later, in UTC."""
    day = moment.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _stretches(span: Span, zone: ZoneInfo) -> Iterator[Span]:
    """Yield the parts of an open period in each of which slots are counted from its beginning."""
    begin, end = span
    shown_begin, shown_end = (moment.astimezone(zone).replace(tzinfo=None) for moment in span)
    if shown_end - shown_begin <= _ONE_DAY:
        yield span
        return
    while begin < end:
        next_day = midnight(begin, zone, days=1)
        yield begin, min(next_day, end)
        begin = next_day
