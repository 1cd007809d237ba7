"""Run a command of `manage.py` in an environment that a test chooses."""

import os
import subprocess
import sys

from tests.support import forked

GOOD = {
    "SECRET_KEY": "k" * 40,
    "PUBLIC_URL": "https://callback.example.fr",
    "UHLIVE_CLIENT_ID": "a-client",
    "UHLIVE_CLIENT_SECRET": "a-secret",
}


def start(*command: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` in this environment; `None` leaves a needed variable out.

    With a variable that Python itself reads, such as `PYTHONPATH`, a new Python is started.
    """
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = inherited | GOOD | environment
    command, variables = command or ("check",), {k: v for k, v in given.items() if v is not None}
    if any(name.startswith("PYTHON") for name in variables):
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=forked.ROOT,
            env=variables,
            capture_output=True,
            text=True,
        )
    return forked.manage(command, variables)
