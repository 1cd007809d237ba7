"""One machine with systemd, nginx and SQLite, installed from nothing by docs/systemd.md.

What this does not show: systemd itself (a stand-in reads the units: tests/support/machine/), timers
and a reboot.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import programs
from tests.support.machine.apart import APART, may_be_apart
from tests.support.sandbox_process import ROOT

pytestmark = [
    pytest.mark.minutes,
    pytest.mark.skipif(programs.nginx() is None, reason="nginx is not installed"),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone"),
    pytest.mark.skipif(not may_be_apart(), reason="needs root, who may make namespaces"),
]


def test_the_documents_install_a_site_that_calls(tmp_path: Path) -> None:
    command = [*APART, sys.executable, "-m", "tests.support.machine.one_machine", str(tmp_path)]
    # Whoever owns this checkout, root may clone it.
    own = {"GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*", "GIT_CONFIG_COUNT": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == [
        "installed",
        "set up",
        "a visitor was called",
        "a worker that ended was started again",
        "a backup was made",
        "after the upgrade, a visitor was called",
    ]
