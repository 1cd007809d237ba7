"""The names of time zones, such as Europe/Paris (IANA)."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST_NAME = 64
"""Characters. The longest names have half as many."""


@cache
def names() -> frozenset[str]:
    """Return the names of all time zones that this machine knows."""
    return frozenset(available_timezones())


def place_of(zone: ZoneInfo) -> str:
    """Return the place after which a time zone is named: "Paris" for Europe/Paris."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def check(name: str) -> None:
    """Validate the name of a time zone.

    Raises:
        ValidationError: if there is no such time zone.
    """
    if name not in names():
        raise ValidationError(
            _("There is no time zone %(name)s. Use a name such as Europe/Paris or Indian/Reunion."),
            params={"name": name},
            code="unknown_time_zone",
        )
