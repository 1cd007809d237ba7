"""The fields of a widget's form that say when its calls are placed."""

from collections.abc import Callable, Container
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from callbacks.hours import public_holidays, time_zones
from callbacks.staff.common.long_select import LongSelect
from callbacks.staff.widgets.hours import choices
from callbacks.staff.widgets.hours.holiday_boxes import HolidayBoxes, HolidaysOffField
from callbacks.staff.widgets.hours.hours_field import HoursField

TAB = "hours"
FIELDSETS: tuple[tuple[Promise | None, dict[str, Any]], ...] = (
    (
        None,
        {"classes": (TAB,), "fields": ("time_zone", "holidays", "opening_hours", "holidays_off")},
    ),
    (_("Sales calls"), {"classes": (TAB,), "fields": ("sales_hours",)}),
    (_("When it is closed"), {"classes": (TAB,), "fields": ("when_closed", "waits_for_opening")}),
    (
        _("Times that visitors can choose"),
        {
            "classes": (TAB,),
            "fields": ("slot_minutes", "slot_capacity", "slot_lead_minutes", "days_ahead"),
        },
    ),
)


class _LongList(LongSelect, UnfoldAdminSelectWidget):  # type: ignore[misc]
    """A list from which one is chosen."""


class _KnownChoice(forms.ChoiceField):
    """A list that also takes what it does not show, such as the old name of a time zone."""

    widget = _LongList

    def __init__(
        self,
        *,
        groups: Callable[[], choices.Groups],
        known: Callable[[], Container[str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(choices=groups, **kwargs)
        self._groups, self._known = groups, known

    def valid_value(self, value: Any) -> bool:
        return value in self._known()

    def show(self, value: str) -> None:
        """Add a value to the list if it is missing."""
        self.choices = lambda: choices.with_value(self._groups(), value)


class HoursForm(forms.ModelForm):  # type: ignore[type-arg]
    """The part of the form about opening hours."""

    time_zone = _KnownChoice(
        label=_("Time zone"),
        help_text=_("The opening hours are meant in this time zone."),
        groups=choices.zones,
        known=time_zones.names,
        initial="Europe/Paris",
    )
    holidays = _KnownChoice(
        label=_("Public holidays"),
        help_text=_("The country, or the part of it, whose public holidays count."),
        groups=choices.places,
        known=public_holidays.places,
        required=False,
    )
    opening_hours = HoursField(label=_("Opening hours"), required=False)
    holidays_off = HolidaysOffField(
        label=_("Which public holidays"),
        help_text=_("A holiday that is not ticked is an ordinary day."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("time_zone", "holidays"):
            field = self.fields.get(name)
            if isinstance(field, _KnownChoice):
                field.show(getattr(self.instance, name))
        boxes = self.fields["holidays_off"].widget if "holidays_off" in self.fields else None
        if isinstance(boxes, HolidayBoxes):
            boxes.place = self.data.get("holidays", "") if self.is_bound else self.instance.holidays
