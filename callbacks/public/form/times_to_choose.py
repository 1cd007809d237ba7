"""The field `when` of the form: the times that the visitor can choose, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from callbacks.hours import time_zones
from callbacks.models import Widget
from callbacks.public.form import slot_days
from callbacks.public.status.times import clock_time
from callbacks.scheduling.offer import Offer
from callbacks.scheduling.slots import When, read_when, spelled


@dataclass(frozen=True)
class TimesToChoose:
    """What the field shows.

    `first` are the choices before the slots, each a value and a label. `opens_at` is the next
    opening in words, and `opens_value` the same time as `datetime` holds it; both are "" while it
    is open. `chosen` is the value that is selected. The times are those of `time_zone` (IANA),
    which `place` names for people.
    """

    first: list[tuple[str, str]]
    opens_at: str
    opens_value: str
    days: list[slot_days.SlotDay]
    has_more: bool
    chosen: str
    time_zone: str
    place: str

    @property
    def can_choose(self) -> bool:
        """Return whether there is any choice. Without one, only the next opening is shown."""
        return bool(self.first or self.days)


@dataclass(frozen=True)
class NextTime:
    """When a call can be asked for again: as `opens_at` of `TimesToChoose`.

    `ends_pause`: then a pause ends, and it is no opening.
    """

    shown: str
    value: str
    time_zone: str
    place: str
    ends_pause: bool = False


def next_time(widget: Widget, at: datetime, *, ends_pause: bool = False) -> NextTime:
    """Return the time in words, in the active language and the widget's time zone."""
    own = widget.own_zone
    shown, place = day_and_time(at, own), time_zones.place_of(own)
    return NextTime(shown, spelled(at), widget.time_zone, place, ends_pause)


def of(widget: Widget, offered: Offer, chosen: str = "") -> TimesToChoose | None:
    """Return the field, in the active language; None if there is nothing to choose but now.

    `chosen` is the value that the visitor chose before. If it can no longer be chosen, the next
    slot is selected, or the first choice.
    """
    if offered.is_open and not offered.slots:
        return None
    own = widget.own_zone
    first = list(_first(offered))
    return TimesToChoose(
        first=first,
        opens_at=day_and_time(offered.opens_at, own) if offered.opens_at else "",
        opens_value=spelled(offered.opens_at) if offered.opens_at else "",
        days=slot_days.by_day(offered.slots, own, offered.at),
        has_more=offered.has_more,
        chosen=_selected(chosen, [value for value, _label in first], offered),
        time_zone=widget.time_zone,
        place=time_zones.place_of(own),
    )


def _selected(chosen: str, first: list[str], offered: Offer) -> str:
    """Return the value that is selected; "" for the first choice.

    Who wanted a slot that is gone is offered the next one, and no call now that would come as a
    surprise.
    """
    if chosen in first:
        return chosen
    try:
        wanted = read_when(chosen)
    except ValueError:
        return ""
    if not isinstance(wanted, datetime):
        return ""
    return next((spelled(slot.start) for slot in offered.slots if slot.start >= wanted), "")


def _first(offered: Offer) -> Iterator[tuple[str, str]]:
    if offered.is_open:
        yield When.NOW, _("Now")
    elif offered.takes_opening:
        yield When.OPENING, _("As soon as we open")


def day_and_time(at: datetime, zone: ZoneInfo) -> str:
    """Return the day and the time in `zone`, such as Monday 1 June, 09:00."""
    day = slot_days.day_name(at.astimezone(zone).date())
    return _("%(day)s, %(time)s") % {"day": day, "time": clock_time(at, zone)}
