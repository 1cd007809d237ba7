"""A first look runs the first and the last case of each test, and says what it leaves out."""

from types import SimpleNamespace
from typing import Any

from tests.support.few_cases import pytest_collection_modifyitems

NAMES = [
    "a::one",
    "a::many[1]",
    "a::many[2]",
    "a::many[3]",
    "b::many[1]",
    "b::two[x[]",
    "b::two[y]",
]


def chosen(is_first_look: bool) -> tuple[list[str], list[str]]:
    """Return the tests that run, and those that are left out."""
    left_out: list[Any] = []
    config: Any = SimpleNamespace(
        getoption=lambda name: is_first_look and name == "few_cases",
        hook=SimpleNamespace(pytest_deselected=lambda items: left_out.extend(items)),
    )
    items: list[Any] = [Item(name) for name in NAMES]
    pytest_collection_modifyitems(config, items)
    return [item.nodeid for item in items], [item.nodeid for item in left_out]


class Item:
    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid


def test_the_first_and_the_last_case_run() -> None:
    runs, left_out = chosen(is_first_look=True)
    assert left_out == ["a::many[2]"]
    assert runs == [name for name in NAMES if name not in left_out]


def test_otherwise_all_run() -> None:
    assert chosen(is_first_look=False) == (NAMES, [])
