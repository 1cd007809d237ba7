"""Run a command of `manage.py` in an environment that a test chooses."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "SECRET_KEY": "k" * 40,
    "PUBLIC_URL": "https://callback.example.fr",
    "UHLIVE_CLIENT_ID": "a-client",
    "UHLIVE_CLIENT_SECRET": "a-secret",
}


def start(*command: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` in this environment; `None` leaves a needed variable out."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = inherited | GOOD | environment
    return subprocess.run(
        [sys.executable, "manage.py", *(command or ("check",))],
        cwd=ROOT,
        env={name: value for name, value in given.items() if value is not None},
        capture_output=True,
        text=True,
    )
