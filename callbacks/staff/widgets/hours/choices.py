"""The places and time zones that staff choose from."""

from collections.abc import Iterable
from unicodedata import normalize

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.contact.french_plan import OVERSEAS
from callbacks.contact.region_names import NAMES
from callbacks.hours import public_holidays, sales_hours, time_zones

type Choices = list[tuple[str, str]]
type Groups = list[tuple[str, str | Choices]]

# How the names of zones begin. Other beginnings are older names, and zones that are no place.
_CONTINENTS = {
    "Africa": gettext_lazy("Africa"),
    "America": gettext_lazy("America"),
    "Antarctica": gettext_lazy("Antarctica"),
    "Arctic": gettext_lazy("Arctic"),
    "Asia": gettext_lazy("Asia"),
    "Atlantic": gettext_lazy("Atlantic Ocean"),
    "Australia": gettext_lazy("Australia"),
    "Europe": gettext_lazy("Europe"),
    "Indian": gettext_lazy("Indian Ocean"),
    "Pacific": gettext_lazy("Pacific Ocean"),
}


def places() -> Groups:
    """Return the places whose public holidays are known: France first, then by country."""
    parts: dict[str, Choices] = {}
    for place, name in public_holidays.names_of_parts().items():
        parts.setdefault(place[:2], []).append((place, f"{name} ({place})"))
    overseas = {region for territory in OVERSEAS for region in territory.regions}
    countries = _sorted(
        (code, str(name))
        for code, name in NAMES.items()
        if code in public_holidays.places() and code != "FR" and code not in overseas
    )
    france = [("FR", _("France")), *_sorted(parts.pop("FR", []))]
    names = dict(countries)
    by_country = sorted(
        ((names[code], _sorted(found)) for code, found in parts.items() if code in names),
        key=lambda group: _in_order(group[0]),
    )
    return [
        ("", _("No country")),
        (_("France"), france),
        (_("Other countries"), countries),
        *by_country,
    ]


def zones() -> Groups:
    """Return the time zones: the French ones first, then by continent."""
    groups: dict[str, Choices] = {_("France"): [(zone, zone) for zone in sales_hours.ZONES]}
    for name in sorted(time_zones.names()):
        continent = _CONTINENTS.get(name.partition("/")[0])
        if continent and name not in sales_hours.ZONES:
            groups.setdefault(str(continent), []).append((name, name.replace("_", " ")))
    return [*groups.items(), ("UTC", "UTC")]


def with_value(groups: Groups, value: str) -> Groups:
    """Return the groups, with `value` at their beginning if they do not have it."""
    shown = {
        one
        for name, group in groups
        for one in ([name] if isinstance(group, str) else [choice for choice, _label in group])
    }
    return groups if value in shown else [(value, value), *groups]


def _sorted(choices: Iterable[tuple[str, str]]) -> Choices:
    return sorted(choices, key=lambda choice: _in_order(choice[1]))


def _in_order(name: str) -> str:
    """Return what sorts a name as people expect: É beside E."""
    return normalize("NFKD", name).casefold()
