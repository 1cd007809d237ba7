"""The filters that are set on a list, each with a link that removes it."""

from dataclasses import dataclass
from datetime import date

from django.contrib.admin.filters import FieldListFilter, ListFilter
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.views import ChangeList

from callbacks.staff.common import formatting


@dataclass(frozen=True)
class Chip:
    """One filter that is set.

    `without` is the query of the list when this filter is removed.
    """

    title: str
    value: str
    without: str


class StaffChangeList(ChangeList):  # type: ignore[misc]
    """A list that names its filters (drawn by `templates/staff/_chips.html`)."""

    def chips(self) -> list[Chip]:
        """Return the filters that are set."""
        return [
            Chip(str(spec.title), value, self.get_query_string(remove=spec.expected_parameters()))
            for spec in self.filter_specs
            if (value := self._value(spec))
        ]

    def without_search(self) -> str:
        """Return the query of the list without its search."""
        return str(self.get_query_string(remove=["q"]))

    def _value(self, spec: ListFilter) -> str:
        """Return what the filter is set to, in words, or an empty string if it is not set."""
        if self.filter_params.keys().isdisjoint(spec.expected_parameters()):
            return ""
        if isinstance(spec, RangeDateFilter):
            first, last = (_day(spec, end) for end in ("from", "to"))
            return first if first == last else f"{first or '…'} \N{EN DASH} {last or '…'}"
        if not hasattr(spec, "value"):  # a filter of Django, such as "yes or no"
            chosen = [str(one["display"]) for one in spec.choices(self) if one.get("selected")]
            return ", ".join(chosen)
        choices = getattr(spec, "lookup_choices", None)
        if choices is None and isinstance(spec, FieldListFilter):
            choices = spec.field.flatchoices
        names = {str(value): str(name) for value, name in choices or []}
        return names.get(str(spec.value()), "")


def _day(spec: RangeDateFilter, end: str) -> str:
    """Return one end of a range of days, as the pages write days.

    Text that is not an ISO date is returned as it was typed.
    """
    typed = str(spec.used_parameters.get(f"{spec.field_path}_{end}") or "")
    try:
        return formatting.day(date.fromisoformat(typed))
    except ValueError:
        return typed
