"""The tests that SECURITY.md names as evidence are there."""

import re

from tests.support.sandbox_process import ROOT


def test_what_is_said_to_hold_it_exists() -> None:
    named = set(re.findall(r"`(tests/[^`]+|deploy/[^`]+)`", (ROOT / "SECURITY.md").read_text()))
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []
