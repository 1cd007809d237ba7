"""A short chaos run, whose choices are always the same by its seed: never twice, never lost."""

import subprocess
import sys

import pytest
from django.db import connection

from tests.support.sandbox_process import ROOT

SEED, REQUESTS, MINUTES = "20", "150", "1"


@pytest.mark.minutes
def test_every_promise_is_kept_while_everything_breaks():
    where = ["--sqlite"] if connection.vendor == "sqlite" else []
    command = [sys.executable, "benchmarks/chaos.py", "--requests", REQUESTS, "--seed", SEED]
    command += ["--minutes", MINUTES]
    done = subprocess.run([*command, *where], cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "Nobody was called twice" in done.stdout
