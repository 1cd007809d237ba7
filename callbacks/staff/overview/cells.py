"""The cells of the tables on the first page: a number, its trend, and the list behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isinf

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from callbacks.models import Status
from callbacks.staff.common.formatting import duration, percent


@dataclass(frozen=True)
class Cell:
    """A number, what it leads to, and how it compares with the period before."""

    value: str
    address: str = ""
    before: str = ""
    # Words such as "+12%"; "better" or "worse" where that can be said.
    trend: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Row:
    title: str
    kind: str
    cells: Sequence[Cell]


MEANING: dict[str, str] = {
    Status.CALLED: "better",
    Status.FAILED: "worse",
    Status.UNCERTAIN: "worse",
}
_OPPOSITE = {"better": "worse", "worse": "better", "": ""}


def cell(now: int, before: int, address: str, *, more_is: str) -> Cell:
    kind = "" if now == before else more_is if now > before else _OPPOSITE[more_is]
    return Cell(shown(now), address if now else "", shown(before), trend(now, before), kind)


def wait_cell(now: float | None, before: float | None) -> Cell:
    if now is None or before is None or isinf(now) or isinf(before):
        return Cell(wait_shown(now), before=wait_shown(before))
    kind = "" if round(now) == round(before) else "worse" if now > before else "better"
    return Cell(wait_shown(now), "", wait_shown(before), trend(now, before), kind)


def trend(now: float, before: float) -> str:
    """The change, such as "+12%"; empty when there is nothing to compare with."""
    if not before:
        return ""
    change = round((now - before) / before, 2)
    sign = "+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else "±"
    return f"{sign}{percent(abs(change))}"


def shown(count: int) -> str:
    return number_format(count, force_grouping=True)


def wait_shown(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if isinf(seconds):
        return _("over 1 h")
    return duration(timedelta(seconds=max(round(seconds), 1)))
