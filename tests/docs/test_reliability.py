"""The tests that docs/reliability.md points to as evidence are there."""

import re

from tests.sandbox_process import ROOT


def test_what_is_said_to_show_it_exists():
    text = (ROOT / "docs" / "reliability.md").read_text()
    named = set(re.findall(r"`(tests/[^`]+)`", text))
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []
