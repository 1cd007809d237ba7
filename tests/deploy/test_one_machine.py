"""One machine with systemd, nginx and SQLite, installed from nothing by docs/systemd.md.

What this does not show: systemd itself (a stand-in reads the units: tests/support/machine/), timers
and a reboot.
"""

from pathlib import Path

import pytest

from tests.support import programs
from tests.support.machine import apart

pytestmark = [
    pytest.mark.minutes,
    pytest.mark.skipif(programs.nginx() is None, reason="nginx is not installed"),
    pytest.mark.skipif(not apart.may_install(), reason="needs a clone, and root with namespaces"),
]


def test_the_documents_install_a_site_that_calls(tmp_path: Path) -> None:
    assert apart.run("one_machine", tmp_path) == [
        "installed",
        "set up",
        "a visitor was called",
        "a worker that ended was started again",
        "a backup was made",
        "visitors were called once each, while the site was upgraded",
    ]
