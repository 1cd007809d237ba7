"""The public holidays of a place as boxes to tick: an unticked one counts as an ordinary day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from callbacks.core import clock
from callbacks.hours import public_holidays
from callbacks.hours.public_holidays import Holiday


def coming(place: str, today: date) -> list[Holiday]:
    """Return each public holiday of a place once, on its next day, in the language of the page."""
    if place not in public_holidays.places():
        return []
    found: dict[str, Holiday] = {}
    # A holiday that does not come any more this year or next year is shown on its last day.
    for year in (today.year, today.year + 1):
        for holiday in public_holidays.in_year(place, year, get_language() or ""):
            known = found.get(holiday.key)
            if known is None or known.day < today:
                found[holiday.key] = holiday
    return sorted(found.values())


class HolidayBoxes(forms.Widget):
    """Boxes for the holidays of `place`. The value is the list of those that are not ticked.

    The boxes belong to the place for which they were shown. If another one is chosen in the same
    form, all of its holidays count.
    """

    place = ""

    def id_for_label(self, id_: str | None) -> str:
        return ""  # the label is that of the whole group

    def render(self, name: str, value: Any, *args: Any, **kwargs: Any) -> SafeString:
        off = value if isinstance(value, list) else []
        return render_to_string("staff/_holiday_boxes.html", boxes(name, self.place, off))

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        place = data.get("holidays", "")
        if data.get(f"{name}-of") != place:
            return []
        today = clock.now().date()
        return [one.key for one in coming(place, today) if one.key not in data.getlist(name)]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-of" not in data


def boxes(name: str, place: str, off: list[str]) -> dict[str, Any]:
    """Return what the template shows: `off` are the keys of the holidays that are not ticked."""
    holidays = coming(place, clock.now().date())
    return {
        "name": name,
        "place": place,
        "holidays": [(holiday, holiday.key not in off) for holiday in holidays],
    }


class HolidaysOffField(forms.Field):
    """The keys of the public holidays that count as ordinary days."""

    widget = HolidayBoxes
