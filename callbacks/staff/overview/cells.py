"""The cells of the tables of statistics."""

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
    """A number, the list that it links to, and how it compares with the period before."""

    value: str
    address: str = ""
    before: str = ""
    # Such as "+12%".
    trend: str = ""
    # "better", "worse", or empty if the change is neither.
    kind: str = ""


@dataclass(frozen=True)
class Row:
    """A line of the table: one figure in each period. `kind` colours it."""

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
    """Return the cell of a count.

    `before` is the count of the period before. `more_is` says what an increase means: "better",
    "worse", or an empty string if it means neither.
    """
    kind = "" if now == before else more_is if now > before else _OPPOSITE[more_is]
    return Cell(shown(now), address if now else "", shown(before), trend(now, before), kind)


def wait_cell(now: float | None, before: float | None) -> Cell:
    """Return the cell of a waiting time in seconds. `before` is that of the period before."""
    if now is None or before is None or isinf(now) or isinf(before):
        return Cell(wait_shown(now), before=wait_shown(before))
    kind = "" if round(now) == round(before) else "worse" if now > before else "better"
    return Cell(wait_shown(now), "", wait_shown(before), trend(now, before), kind)


def trend(now: float, before: float) -> str:
    """Return the change since the period before: "+12%".

    It is empty if that period has nothing to compare with.
    """
    if not before:
        return ""
    change = round((now - before) / before, 2)
    sign = "+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else "±"
    return f"{sign}{percent(abs(change))}"


def shown(count: int) -> str:
    """Return a count with its thousands grouped as the language does."""
    return number_format(count, force_grouping=True)


def wait_shown(seconds: float | None) -> str:
    """Return a waiting time in words.

    None (no call) is a dash. Infinity is "over 1 h": the statistics measure no longer waits.
    """
    if seconds is None:
        return "–"
    if isinf(seconds):
        return _("over 1 h")
    return duration(timedelta(seconds=max(round(seconds), 1)))
