"""The filters that a list is filtered by, each with the address of the list without it."""

from dataclasses import dataclass
from datetime import date

from django.contrib.admin.filters import FieldListFilter, ListFilter
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.views import ChangeList

from callbacks.staff.common import formatting


@dataclass(frozen=True)
class Chip:
    """`without`: the list's query without this filter."""

    title: str
    value: str
    without: str


class StaffChangeList(ChangeList):  # type: ignore[misc]
    """A list that says what it is filtered by; see `templates/staff/_chips.html`."""

    def chips(self) -> list[Chip]:
        return [
            Chip(str(spec.title), value, self.get_query_string(remove=spec.expected_parameters()))
            for spec in self.filter_specs
            if (value := self._value(spec))
        ]

    def without_search(self) -> str:
        return str(self.get_query_string(remove=["q"]))

    def _value(self, spec: ListFilter) -> str:
        """Return in words what the filter is set to; empty if it is not set."""
        if self.filter_params.keys().isdisjoint(spec.expected_parameters()):
            return ""
        if isinstance(spec, RangeDateFilter):
            first, last = (_day(spec, end) for end in ("from", "to"))
            return first if first == last else f"{first or '…'} \N{EN DASH} {last or '…'}"
        if not hasattr(spec, "value"):  # Django's own, such as yes or no
            chosen = [str(one["display"]) for one in spec.choices(self) if one.get("selected")]
            return ", ".join(chosen)
        choices = getattr(spec, "lookup_choices", None)
        if choices is None and isinstance(spec, FieldListFilter):
            choices = spec.field.flatchoices
        names = {str(value): str(name) for value, name in choices or []}
        return names.get(str(spec.value()), "")


def _day(spec: RangeDateFilter, end: str) -> str:
    """Return one end of a range as the pages write days; as it was typed if it is no ISO date."""
    typed = str(spec.used_parameters.get(f"{spec.field_path}_{end}") or "")
    try:
        return formatting.day(date.fromisoformat(typed))
    except ValueError:
        return typed
