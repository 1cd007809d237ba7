"""Run `demo` and `serve` as a person does, in a separate process, and read what they print."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 90
# Without these settings nothing starts in production.
NEEDED = {
    "SECRET_KEY": "only-for-tests-" + "0123456789abcdef" * 3,
    "PUBLIC_URL": "http://localhost",
    "UHLIVE_CLIENT_ID": "test-client",
    "UHLIVE_CLIENT_SECRET": "test-secret",
}


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a new shell and `extra`, without the settings of the tests."""
    kept = {"PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "CI", "STATIC_ROOT"}
    return {name: value for name, value in os.environ.items() if name in kept} | dict(extra)


def refusal(*command: str, **extra: str) -> str:
    """Return the line on stderr with which the command fails."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=clean_environment(extra),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


class Running:
    """A command that runs until it is told to end; use it in a `with` statement."""

    def __init__(self, *command: str, **extra: str) -> None:
        self.lines: list[str] = []
        self._queue: queue.Queue[str] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=clean_environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGTERM)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self._queue.put(line.rstrip("\n"))
        self._queue.put("(it has ended)")

    def wait_for_line(self, beginning: str) -> str:
        """Return the next line that starts with `beginning`, ignoring white space before it."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._queue.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                line = "(it has ended)"
            self.lines.append(line)
            if line.strip().startswith(beginning):
                return line.strip()
            assert line != "(it has ended)", "\n".join(self.lines)

    def word_after(self, beginning: str) -> str:
        """Return the first word after `beginning` in the line that starts with it."""
        return self.wait_for_line(beginning).removeprefix(beginning).split()[0]

    def descendants(self) -> list[int]:
        """Return the ids of all processes below this one."""
        table = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
        ).stdout
        parents = {int(pid): int(parent) for pid, parent in map(str.split, table.splitlines())}
        below = [self.process.pid]
        for above in below:
            below += [pid for pid, parent in parents.items() if parent == above]
        return below[1:]

    def end(self, signum: signal.Signals) -> int:
        """Send the signal, and return the exit status."""
        self.process.send_signal(signum)
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status


def alive(pids: list[int]) -> list[int]:
    """Return those processes that still run, sorted."""
    table = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=True)
    return sorted(set(pids) & set(map(int, table.stdout.split())))
