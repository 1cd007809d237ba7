"""The versions that were released."""

import subprocess

from tests.support.sandbox_process import ROOT


def released() -> list[str]:
    """Return the tags of the released versions."""
    if not (ROOT / ".git").exists():
        return []
    command = ["git", "tag", "--list", "v[0-9]*", "--sort=version:refname"]
    return subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
