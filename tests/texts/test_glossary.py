"""docs/glossary.md has the words of the code and of the translation, and leaves none out."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django.utils.functional import Promise
from django.utils.translation import override

from callbacks.models import Outcome, Reason, Status
from callbacks.staff.accounts import roles
from callbacks.staff.help import codes as help_codes
from callbacks.staff.site.navigation import MENU

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

type Label = str | Promise


def section(heading: str) -> str:
    """Return the text below a heading of the glossary, up to the next one."""
    found = re.search(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)",
        (DOCS / "glossary.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert found, heading
    return found[1].replace("\N{NO-BREAK SPACE}", " ")


def rows(heading: str) -> list[tuple[str, ...]]:
    """Return the cells of each row of the table below a heading."""
    lines = [line for line in section(heading).splitlines() if line.startswith("| ")]
    return [tuple(cell.strip(" `") for cell in line.strip("|").split("|")) for line in lines[1:]]


def in_both(label: Label) -> tuple[str, str]:
    """Return a label in English and in French."""
    with override("en"):
        english = str(label)
    with override("fr"):
        return english, str(label).replace("\N{NO-BREAK SPACE}", " ")


def labels(named: Iterable[tuple[str, Label]]) -> list[tuple[str, str, str]]:
    return [(name, *in_both(label)) for name, label in named]


def pages() -> Iterator[tuple[str, str]]:
    for group in MENU:
        for item in group["items"]:
            yield in_both(item["title"])


def test_each_status_is_named_as_in_the_admin() -> None:
    listed = {row[0]: row[1:3] for row in rows("A request, and its call")}
    for status in Status:
        assert listed[status.value] == in_both(status.label)


@pytest.mark.parametrize(
    ("heading", "named"),
    [
        ("Reasons of a request", [(str(one.value), one.label) for one in Reason]),
        ("Outcomes of an attempt", [(str(one.value), one.label) for one in Outcome]),
        ("Roles", [(name, label) for name, (label, _about) in roles._KNOWN.items()]),
    ],
)
def test_each_label_is_the_one_of_the_admin(heading: str, named: list[tuple[str, Label]]) -> None:
    assert rows(heading) == labels(named)


def test_each_page_of_the_menu_is_listed() -> None:
    assert rows("Pages of the admin") == list(pages())


def test_each_result_code_is_listed_once() -> None:
    codes = re.findall(r"`(\w+)`", section("Result codes of an attempt"))
    assert len(codes) == len(set(codes))
    assert set(codes) == set(help_codes.KNOWN_CODES)


def test_each_group_of_settings_is_listed() -> None:
    headings = re.findall(r"^## (.+)$", (DOCS / "settings.md").read_text(), re.MULTILINE)
    assert [row[0] for row in rows("Groups of settings")] == headings
