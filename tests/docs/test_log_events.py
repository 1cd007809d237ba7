"""Each event that the program logs is explained to operators, with what to do, and no other."""

import ast
import re
from pathlib import Path

import pytest

from callbacks.core import availability
from tests.support.sandbox_process import ROOT

DOCUMENT = ROOT / "docs" / "runbook.md"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}

THINGS = ("database", "queue_storage", "cache", "mail", "heartbeat_url")


def logged_in(file: Path) -> dict[str, str]:
    """Return the events that the file logs, with their levels; an f-string as its source."""
    found = {}
    for node in ast.walk(ast.parse(file.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "log"
            and node.func.attr in LEVELS
        ):
            level = "error" if node.func.attr == "exception" else node.func.attr
            event = node.args[0]
            name = event.value if isinstance(event, ast.Constant) else ast.unparse(event)
            found[str(name)] = level
    return found


def events_of_the_source() -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in ("callbacks", "callback_site"):
        for file in (ROOT / folder).rglob("*.py"):
            if "sandbox" not in file.parts:  # a program of its own
                found |= logged_in(file)
    composed = {name for name in found if "{" in name}
    assert composed == {"f'{self._name}_away'", "f'{self._name}_back'"}
    things = [
        thing
        for thing in vars(availability).values()
        if isinstance(thing, availability.Availability)
    ]
    assert len(things) == len(THINGS)
    for thing in things:
        for end in ("away", "back"):
            found[f"{thing._name}_{end}"] = found[f"f'{{self._name}}_{end}'"]
    return {name: level for name, level in found.items() if name not in composed}


def events_of_the_document() -> dict[str, str]:
    table = DOCUMENT.read_text().partition("<!-- log events:")[2]
    found: dict[str, str] = {}
    for row in re.findall(r"(?m)^\| (`.*) \| ([a-z, ]+) \| .{20,} \| .{7,} \|$", table):
        names, levels = re.findall(r"`(\w+)`", row[0]), row[1].split(", ")
        for place, name in enumerate(names):
            found[name] = levels[place] if len(levels) > 1 else levels[0]
    return found


@pytest.mark.long
def test_each_event_of_the_log_is_explained_with_its_level() -> None:
    assert events_of_the_document() == events_of_the_source()


@pytest.mark.long
def test_what_goes_away_is_logged_by_one_mechanism_alone() -> None:
    """So that it is said once, and its end as well."""
    away = re.compile(r"(?:^|_)(?:away|back|waits)(?:_|$)", re.IGNORECASE)
    by_hand = {name for name in events_of_the_source() if away.search(name)}
    assert by_hand == {f"{name}_{end}" for name in THINGS for end in ("away", "back")}
