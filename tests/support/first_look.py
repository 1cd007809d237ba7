"""`--first-look`: run a few tests of each file, one case of each (`make quick`).

Which tests are browsers', slow or long is left to the markers.
"""

from collections import Counter

import pytest
from hypothesis import settings

# Their tests ask the whole site for a page, which takes five times as long as to call a function.
PAGES = ("tests/api/", "tests/public/", "tests/staff/")
OF_A_FILE = 6
OF_A_FILE_ABOUT_PAGES = 1
EXAMPLES = 10  # of each property


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--first-look", action="store_true", help="a few tests of each file")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Try few examples of each property."""
    if config.getoption("first_look"):
        settings.register_profile("first look", settings.default, max_examples=EXAMPLES)
        settings.load_profile("first look")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the other tests; `trylast` runs this after pytest has selected by markers."""
    if not config.getoption("first_look"):
        return
    first: dict[str, pytest.Item] = {}
    for item in items:
        first.setdefault(item.nodeid.partition("[")[0], item)
    kept: set[pytest.Item] = set()
    count: Counter[str] = Counter()
    for item in first.values():
        file = item.nodeid.partition("::")[0]
        count[file] += 1
        if count[file] <= (OF_A_FILE_ABOUT_PAGES if file.startswith(PAGES) else OF_A_FILE):
            kept.add(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]
