"""A first look runs a few tests of each file, one case of each, and says what it leaves out."""

from types import SimpleNamespace
from typing import Any

from tests.support.first_look import OF_A_FILE, PAGES, pytest_collection_modifyitems
from tests.support.sandbox_process import ROOT

NAMES = [
    "tests/core/a.py::one",
    "tests/core/a.py::many[1]",
    "tests/core/a.py::many[2]",
    "tests/core/b.py::many[1]",
    "tests/core/b.py::two[x[]",
    "tests/core/b.py::two[y]",
    *(f"tests/core/c.py::test_{number}" for number in range(OF_A_FILE)),
    "tests/core/c.py::too_many",
    "tests/staff/a.py::many[1]",
    "tests/staff/a.py::many[2]",
    "tests/staff/a.py::one",
    "tests/staff/b.py::one",
]
LEFT_OUT = [
    "tests/core/a.py::many[2]",
    "tests/core/b.py::two[y]",
    "tests/core/c.py::too_many",
    "tests/staff/a.py::many[2]",
    "tests/staff/a.py::one",
]


def chosen(is_first_look: bool) -> tuple[list[str], list[str]]:
    """Return the tests that run, and those that are left out."""
    left_out: list[Any] = []
    config: Any = SimpleNamespace(
        getoption=lambda name: is_first_look and name == "first_look",
        hook=SimpleNamespace(pytest_deselected=lambda items: left_out.extend(items)),
    )
    items: list[Any] = [Item(name) for name in NAMES]
    pytest_collection_modifyitems(config, items)
    return [item.nodeid for item in items], [item.nodeid for item in left_out]


class Item:
    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid


def test_a_few_tests_of_each_file_run() -> None:
    runs, left_out = chosen(is_first_look=True)
    assert left_out == LEFT_OUT
    assert runs == [name for name in NAMES if name not in left_out]


def test_otherwise_all_run() -> None:
    assert chosen(is_first_look=False) == (NAMES, [])


def test_the_folders_about_pages_are_there() -> None:
    assert all((ROOT / folder).is_dir() for folder in PAGES)
