"""Start a program in namespaces of its own, and leave this machine as it was."""

import os
import shutil
import subprocess

# All processes in it end with the first one, and that one ends with the test.
APART = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def may_be_apart() -> bool:
    """Whether this machine lets the test make a machine of its own."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    return subprocess.run([*APART, "true"], capture_output=True).returncode == 0
