"""Run the commands of the documents, as a person does who copies them."""

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.machine import systemd
from tests.support.sandbox_process import ROOT


class Failed(Exception):
    """A command failed, or something did not come about. The text says what was printed."""


def block(document: str, heading: str, containing: str = "") -> str:
    """Return the block of commands under a heading that contains this word."""
    text = (ROOT / document).read_text().partition(f"## {heading}\n")[2]
    return next(one for one in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if containing in one)


def run(commands: str, folder: Path) -> str:
    """Run commands in a folder of this machine; return what they printed.

    Raises:
        Failed: one of them failed. Those after it were not run.
    """
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Failed("\n".join([commands, done.stdout, done.stderr, *logs()]))
    return done.stdout


def until[Found](condition: Callable[[], Found], what: str, patience: float = 60) -> Found:
    """Wait for the condition, and return what it found.

    Raises:
        Failed: it did not come true within `patience` seconds.
    """
    end = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() > end:
            raise Failed("\n".join([f"waited in vain for {what}", *logs()]))
        time.sleep(0.1)
    return found


def logs() -> list[str]:
    """Return the end of the log of each unit of this machine."""
    return [path.read_text()[-1500:] for path in systemd.STATE.glob("*.log")]


def say(done: str) -> None:
    print(done, flush=True)
