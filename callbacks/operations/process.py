"""One process that we started: its output and its end. It never outlives us."""

import os
import re
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import IO

from callbacks.core import private_files
from callbacks.operations.forking import Fork

# How many seconds a process may take to end by itself before it is killed; a program may set more.
PATIENCE = 30.0

LAST_LINES = 20
# Our ends of the guards' pipes. While a fork of us had one, the guard would not see our end.
_lifelines: set[int] = set()
_IMPORTANT = re.compile(r"\[(?:warning|error|critical)", re.IGNORECASE)

# The shell reads until the other end of its pipe is closed. That happens when our process ends, in
# whatever way.
_GUARD = """
read -r nothing
kill -s TERM "$1"
seconds=0
while [ $seconds -lt "$2" ] && kill -s 0 "$1"; do
    sleep 1
    seconds=$((seconds + 1))
done
kill -s KILL -- "-$1"
"""


@dataclass(frozen=True)
class Program:
    """What to run.

    `lacks`: takes the pid and returns what is missing until the program serves; then "".
    `environment`: the whole environment; None for our own.
    `log`: the file for its output; None to let its output go where ours goes.
    `ends_in`: how many seconds the program may take to end by itself.
    `run`: the same program as a function, for a fork of this process; None if there is none.
    """

    name: str
    command: Sequence[str]
    lacks: Callable[[int], str]
    environment: Mapping[str, str] | None = None
    log: Path | None = None
    ends_in: float = PATIENCE
    run: Callable[[], object] | None = None


class Process:
    """One run of a program. It has a session of its own, so Ctrl-C reaches it only through us."""

    def __init__(
        self, program: Program, show: Callable[[str], None], folder: Path, *, as_fork: bool = False
    ) -> None:
        """Start the program in `folder`, as a fork if it is wanted and the program can be one.

        `show` is called with the lines of its log that a person must see.

        Raises:
            OSError: the program cannot be started.
        """
        self.program = program
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._reader: threading.Thread | None = None
        self._child = (
            Fork(program.name, program.run, folder)
            if as_fork and program.run
            else self._on_its_own(show, folder)
        )
        reads, self._lifeline = os.pipe()
        _lifelines.add(self._lifeline)
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", str(self.pid), str(ceil(program.ends_in))],
            stdin=reads,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(reads)

    def _on_its_own(self, show: Callable[[str], None], folder: Path) -> "subprocess.Popen[bytes]":
        """Start the program by its command."""
        program = self.program
        captured = program.log is not None
        popen = subprocess.Popen(
            program.command,
            cwd=folder,
            env=program.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if captured else None,
            stderr=subprocess.STDOUT if captured else None,
            start_new_session=True,
        )
        if program.log is not None and popen.stdout is not None:
            self._reader = threading.Thread(
                target=self._read, args=(popen.stdout, program.log, show), daemon=True
            )
            self._reader.start()
        return popen

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int:
        return self._child.pid

    def has_ended(self) -> bool:
        """Return whether the process has ended. If so, end what it started and read its output."""
        if self._child.poll() is None:
            return False
        if self._guard.poll() is None:
            self._guard.kill()
            self._guard.wait()
            _lifelines.discard(self._lifeline)
            os.close(self._lifeline)
            self._signal_all(signal.SIGKILL)
            if self._reader is not None:
                self._reader.join(timeout=2)
        return True

    def how_it_ended(self) -> str:
        """Return the signal or the exit status with which the process ended."""
        status = self._child.returncode or 0
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"

    def lacks(self) -> str:
        """Return what is missing until the program serves, or ""."""
        return self.program.lacks(self.pid)

    def ask_to_end(self) -> None:
        """Send SIGTERM to the process."""
        self._child.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the process and everything that it started, at once."""
        self._child.send_signal(signal.SIGKILL)  # a fork that has just begun leads no group yet
        self._signal_all(signal.SIGKILL)

    def _signal_all(self, signum: signal.Signals) -> None:
        """Send a signal to the process and everything that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signum)

    def _read(self, output: IO[bytes], log: Path, show: Callable[[str], None]) -> None:
        """Copy the output to the log, keep its last lines, and show the important ones."""
        private_files.create(log)
        with output, log.open("ab", buffering=0) as file:
            for line in output:
                file.write(line)
                text = line.decode(errors="replace").rstrip()
                self.last_lines.append(text)
                if _IMPORTANT.search(text):
                    show(text)


def _after_fork() -> None:
    """Close the lifelines in a new child process: they are its parent's."""
    for lifeline in _lifelines:
        os.close(lifeline)
    _lifelines.clear()


os.register_at_fork(after_in_child=_after_fork)
