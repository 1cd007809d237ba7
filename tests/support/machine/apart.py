"""Run a program in namespaces of its own, as root: it may break there what it likes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.sandbox_process import ROOT

# All processes in it end with the first one, and that one ends with the test.
APART = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
# Like a machine: with its own network, ports and name.
MACHINE = [*APART, "--net", "--uts"]


def may_be_apart(command: Sequence[str] = APART) -> bool:
    """Whether this machine lets the test make a machine of its own."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    return subprocess.run([*command, "true"], capture_output=True).returncode == 0


def may_install() -> bool:
    """Whether a machine can be made, and the site installed on it: from a clone."""
    return (ROOT / ".git").exists() and may_be_apart(MACHINE)


def run(module: str, folder: Path, patience: float = 600) -> list[str]:
    """Run a module of this folder with `folder` as its argument; return the lines that it printed.

    It has no network but its own, so the packages that a site needs are fetched before.
    """
    packages = folder / "packages"
    fetch = ["-m", "pip", "download", "--quiet", "--require-hashes", "--dest", str(packages)]
    fetch += ["-r", str(ROOT / "requirements.txt")]
    fetched = subprocess.run([sys.executable, *fetch], capture_output=True, text=True)
    assert fetched.returncode == 0, fetched.stderr
    own = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(packages)}
    # Whoever owns this checkout, root may clone it.
    own |= {
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "GIT_CONFIG_COUNT": "1",
    }
    done = subprocess.run(
        [*MACHINE, sys.executable, "-m", f"tests.support.machine.{module}", str(folder)],
        cwd=ROOT,
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=patience,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()
