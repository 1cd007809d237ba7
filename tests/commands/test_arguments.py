"""An argument that is not UTF-8 ends every command with a sentence."""

import os
import subprocess
import sys

import pytest

from tests.support.forked import ROOT
from tests.support.starting import GOOD

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ([b"stop_calls", b"--for", b"day", b"--note", b"caf\xe9"], 5),
        ([b"story", b"\xff"], 2),
        ([b"no_such_command", b"\xff"], 2),
    ],
)
def test_an_argument_that_is_not_utf_8_ends_in_a_sentence(
    command: list[bytes], number: int
) -> None:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable.encode(), b"manage.py", *command],
        cwd=ROOT,
        env=inherited | GOOD,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == f"Argument {number} is not valid text (UTF-8).\n"
