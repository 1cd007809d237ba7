"""Mark tests by what they use, so that a run can leave out what it does not need.

`slow` marks tests that start processes. A test is marked by hand, or here if a fixture starts them.
An unmarked test that starts a process fails. `database` marks tests that query the database, which
therefore run on each database: those marked `promises` in `make test`, the others on PostgreSQL in
`make slow`. Those marked `thorough` or `minutes` run in `make slow` only, and so do the tests in a
browser that show a page again in the dark or on a phone.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import pytest

TESTS = Path(__file__).resolve().parents[1]
STARTS_PROCESSES = {"browser", "slow", "minutes"}
# These fixtures start processes, or use something that does.
PROCESS_FIXTURES = {"sandbox", "one_sandbox", "one_nursery", "make_site", "redis_server"}
# A test that queries the database uses one of these fixtures, or its module contains these words.
# One that starts a PostgreSQL of its own runs on it anyway, whichever the tests' database is.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_setup"}
DATABASE_FIXTURES |= {"one_nursery", "make_site"}  # processes on the tests' own database
# "Never twice, never lost" rests on the statements and locks of these parts, on each database. What
# is quick enough of their tests runs on both in `make test`.
PROMISES = {
    *("call_outcomes", "core", "crash", "dispatch", "faults", "intake", "lifecycle", "model"),
    *("scheduling", "webhooks", "worker"),
}
# What was seen in light colours on a wide screen is seen again so in `make slow`.
SHOWN_AGAIN = {"dark", "phone"}
DATABASE_WORDS = re.compile(
    r"from django\.db import (\([^)]*|.*)\bconnections?\b|database_server"
    r"|mark\.postgresql|mark\.django_db"
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the markers; `tryfirst` runs this before pytest selects by them."""
    asks: dict[Path, bool] = {}
    parts: dict[Path, str] = {}
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & PROCESS_FIXTURES:
            item.add_marker(pytest.mark.slow)
        if item.path not in asks:
            asks[item.path] = bool(DATABASE_WORDS.search(item.path.read_text()))
            parts[item.path] = item.path.relative_to(TESTS).parts[0]
        if asks[item.path] or fixtures & DATABASE_FIXTURES:
            item.add_marker(pytest.mark.database)
        if parts[item.path] in PROMISES:
            item.add_marker(pytest.mark.promises)
        is_shown_again = item.get_closest_marker("browser") and SHOWN_AGAIN & _parameters(item)
        if is_shown_again or item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.minutes)


def _parameters(item: pytest.Item) -> set[str]:
    """Return the words by which pytest names the parameters of a test."""
    call = getattr(item, "callspec", None)
    return set(call.id.split("-")) if call else set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let only marked tests start processes."""
    markers = {marker.name for marker in item.iter_markers()}
    if "thorough" in markers:
        markers.discard("minutes")  # they have it from above, whether they start processes or not
    if markers & STARTS_PROCESSES:
        return (yield)
    with mock.patch.object(subprocess.Popen, "__init__", _refuse):
        return (yield)


def _refuse(*args: Any, **options: Any) -> NoReturn:
    raise AssertionError(f"starts a process, so mark it `slow`: {args[1:]}")
