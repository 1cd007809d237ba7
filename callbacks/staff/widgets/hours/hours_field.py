"""The editor of opening hours: a form field that becomes the text that is stored."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.core import clock
from callbacks.staff.widgets.hours import typed_hours
from callbacks.staff.widgets.hours.reading import Reading, name_of_day
from callbacks.staff.widgets.hours.typed_hours import TypedDays, TypedHours, TypedPeriod

# Empty fields, for a browser without scripts: beside the periods of a day, and of special days.
_SPARE_PERIODS, _SPARE_DAYS = 1, 2


class HoursEditor(forms.Widget):
    """A week, public holidays and special days, each with periods. The value is `TypedHours`."""

    def id_for_label(self, id_: str | None) -> str:
        return ""  # a group of fields; each has a label of its own

    def value_from_datadict(self, data: Any, files: Any, name: str) -> TypedHours | None:
        return None if f"{name}-mode" not in data else typed_hours.of_data(data, name)

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-mode" not in data

    def render(self, name: str, value: Any, *args: Any, **kwargs: Any) -> SafeString:
        is_stored = not isinstance(value, TypedHours)
        typed = typed_hours.of_text(value or "", clock.now().date()) if is_stored else value
        reading = None if is_stored else Reading(typed)
        return render_to_string("staff/_hours_editor.html", _context(name, typed, reading))


class HoursField(forms.Field):
    """Opening hours, stored as text (`callbacks/hours/hours_syntax.py`)."""

    widget = HoursEditor
    default_error_messages = {"required": gettext_lazy("Choose when calls are placed.")}

    def clean(self, value: TypedHours | None) -> str:
        """Return the text.

        Raises:
            ValidationError: with one sentence for each day that is wrong.
        """
        if value is None:
            raise ValidationError(self.error_messages["required"], code="required")
        reading = Reading(value)
        if reading.text is None:
            raise ValidationError(reading.sentences)
        return reading.text

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.clean(data) != (initial or "")
        except ValidationError:
            return True


def _context(name: str, typed: TypedHours, reading: Reading | None) -> dict[str, Any]:
    """Return what the template shows. `reading` is None if nothing was typed."""

    def day(key: str, label: str, periods: tuple[TypedPeriod, ...]) -> dict[str, Any]:
        """Return one day, with empty fields after its periods."""
        wrong = reading.wrong if reading else set()
        return {
            "key": key,
            "label": label,
            "field": f"{name}-{key}",
            "periods": [
                {"begin": pair.begin, "end": pair.end, "is_wrong": (key, pair) in wrong}
                for pair in [*periods, *(TypedPeriod(),) * _SPARE_PERIODS]
            ],
            "has_wrong_dates": (key, None) in wrong,
            "problem": reading.problems.get(key) if reading else None,
        }

    number = 1 + max((int(days.number) for days in typed.special), default=-1)
    spare = [TypedDays(str(number + n)) for n in range(_SPARE_DAYS)]
    label = _("Special days")
    return {
        "name": name,
        "typed": typed,
        "week": [
            day(key, name_of_day(number), typed.week[number])
            for number, key in enumerate(typed_hours.WEEKDAYS)
        ],
        "holidays": day(typed_hours.HOLIDAYS, _("Public holidays"), typed.on_holidays),
        "special": [
            day(days.number, label, days.periods) | {"days": days}
            for days in [*typed.special, *spare]
        ],
        # Scripts replace the number.
        "new_days": day("NUMBER", label, ()) | {"days": TypedDays("NUMBER")},
        "problem": reading.problems.get("") if reading else None,
    }
