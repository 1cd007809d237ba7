"""Write the opening hours of the run's widgets, and change them while calls are placed."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from benchmarks.havoc.clocks import real_time
from callbacks.models import Widget
from callbacks.widget_changes import widget_store

# Of these, the time zone is taken in which it is day, so that no midnight comes during the run.
ZONES = ("Asia/Kathmandu", "America/New_York", "Pacific/Auckland", "Europe/Paris")
# The database's clock may be ahead by an hour. So the widget is open then too.
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SLOT_MINUTES = 1


class Opening:
    """Opening hours in one time zone that last as long as the run."""

    def __init__(self, seconds: float) -> None:
        """Begin now, and stay open for much longer than the visitors come."""
        now = datetime.fromtimestamp(real_time(), ZoneInfo("UTC"))
        self.zone = next(zone for zone in ZONES if 3 <= now.astimezone(ZoneInfo(zone)).hour < 20)
        self._begin = self._minute(now) - MINUTE
        self._end = self._begin + min(timedelta(seconds=3 * seconds) + 15 * MINUTE, 55 * MINUTE)
        self.always = self._text([(self._begin, self._end)])

    def closed_for(self, minutes: int, in_minutes: int) -> str:
        """Return the hours with some minutes taken out that begin `in_minutes` from now."""
        now = datetime.fromtimestamp(real_time(), ZoneInfo(self.zone))
        begin = max(self._minute(now) + in_minutes * MINUTE, self._begin + MINUTE)
        end = begin + minutes * MINUTE
        return self._text([(self._begin, begin), (end, self._end)])

    def _minute(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone)).replace(second=0, microsecond=0)

    def _text(self, periods: list[tuple[datetime, datetime]]) -> str:
        periods = [*periods, (self._begin + HOUR, self._end + HOUR)]
        return "Mo-Su " + ",".join(
            f"{begin:%H:%M}-{end:%H:%M}" for begin, end in periods if begin < end
        )


def save(widget: Widget, text: str) -> None:
    """Give the widget these hours, as its form does."""
    widget.opening_hours = text
    # Slots as short as the run's are not allowed in the form.
    widget.full_clean(exclude=["slot_minutes"])
    widget_store.save(widget)


def some(opening: Opening, chance: random.Random) -> str:
    """Return other hours: without some minutes that have begun, or soon begin, or open again."""
    if chance.random() < 0.3:
        return opening.always
    return opening.closed_for(chance.randint(1, 2), chance.randint(0, 2))
