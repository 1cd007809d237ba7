"""The image and the processes of deploy/compose.yaml, built and started from nothing by buildah.

What this does not show: a container engine (its networks, restarts, limits and `init`), and the
images of others, which cannot be fetched everywhere: Debian's Python stands in for the base, and
PostgreSQL, Redis and nginx are this machine's.
"""

import subprocess
import sys
import tempfile

import pytest

from tests.support import programs
from tests.support.machine.apart import APART, may_be_apart
from tests.support.sandbox_process import ROOT

pytestmark = pytest.mark.minutes


@pytest.mark.skipif(programs.buildah() is None, reason="buildah or debootstrap is not installed")
@pytest.mark.skipif(programs.postgresql() is None, reason="PostgreSQL is not installed")
@pytest.mark.skipif(programs.redis() is None, reason="Redis is not installed")
@pytest.mark.skipif(programs.nginx() is None, reason="nginx is not installed")
@pytest.mark.skipif(not may_be_apart(), reason="needs root, who may make namespaces")
def test_the_image_runs_a_site_that_calls() -> None:
    program = [*APART, sys.executable, "-m", "tests.support.machine.containers"]
    with tempfile.TemporaryDirectory() as folder:  # an image is too large to be kept
        done = subprocess.run(
            [*program, folder], cwd=ROOT, capture_output=True, text=True, timeout=900
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == [
        "built",
        "small, nobody's, and read-only",
        "healthy",
        "a visitor was called",
        "all processes are nobody's",
    ]
