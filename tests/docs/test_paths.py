"""The files that the documents point to are there, and what is said to show a promise exists."""

import re

import pytest

from tests.support.sandbox_process import ROOT

DOCUMENTS = sorted(path.relative_to(ROOT) for path in ROOT.glob("docs/*.md"))
PATH = re.compile(
    r"`((?:callback_site|callbacks|deploy|static|templates|tests|benchmarks)/[^`\s*]+)`"
)


@pytest.mark.parametrize("document", [*map(str, DOCUMENTS), "README.md", "SECURITY.md"])
def test_each_file_that_is_named_exists(document):
    named = PATH.findall((ROOT / document).read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_each_promise_names_what_shows_it():
    named = set(PATH.findall((ROOT / "docs" / "reliability.md").read_text()))
    assert len([path for path in named if path.startswith("tests/")]) > 10
