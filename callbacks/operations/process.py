"""One process that we started: its output, its end, and that it never outlives us."""

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

# How long a process has to end by itself before it is killed, in seconds, unless told.
PATIENCE = 30.0

LAST_LINES = 20
_IMPORTANT = re.compile(r"\[(?:warning|error|critical)", re.IGNORECASE)

# Reads until the other end of the pipe is gone, which is when we are, however we ended.
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
    """What is run. `lacks`: in: the pid; out: "" once it serves, until then what is missing.

    `log`: the file for its output; without one, it goes where ours goes. `environment`: all of
    it; None for our own. `ends_in`: the seconds that it may take to end by itself.
    """

    name: str
    command: Sequence[str]
    lacks: Callable[[int], str]
    environment: Mapping[str, str] | None = None
    log: Path | None = None
    ends_in: float = PATIENCE


class Process:
    """One run of a program, in a session of its own, so that a Ctrl-C is ours to hand on."""

    def __init__(self, program: Program, show: Callable[[str], None], folder: Path) -> None:
        """Starts it, in `folder`. `show` gets the lines of its log that somebody must see.

        Raises OSError when it cannot be started.
        """
        self.program = program
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        captured = program.log is not None
        self._popen = subprocess.Popen(
            program.command,
            cwd=folder,
            env=program.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if captured else None,
            stderr=subprocess.STDOUT if captured else None,
            start_new_session=True,
        )
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", str(self.pid), str(ceil(program.ends_in))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._reader: threading.Thread | None = None
        if program.log is not None and self._popen.stdout is not None:
            self._reader = threading.Thread(
                target=self._read, args=(self._popen.stdout, program.log, show), daemon=True
            )
            self._reader.start()

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int:
        return self._popen.pid

    def has_ended(self) -> bool:
        """Whether it is gone; what it left behind is then ended too, and its output read."""
        if self._popen.poll() is None:
            return False
        if self._guard.poll() is None:
            self._guard.kill()
            self._guard.communicate()
            self._signal_all(signal.SIGKILL)
            if self._reader is not None:
                self._reader.join(timeout=2)
        return True

    def how_it_ended(self) -> str:
        status = self._popen.returncode
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"

    def lacks(self) -> str:
        return self.program.lacks(self.pid)

    def ask_to_end(self) -> None:
        self._popen.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it and all that it started, at once."""
        self._signal_all(signal.SIGKILL)

    def _signal_all(self, signum: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signum)

    def _read(self, output: IO[bytes], log: Path, show: Callable[[str], None]) -> None:
        private_files.create(log)
        with output, log.open("ab", buffering=0) as file:
            for line in output:
                file.write(line)
                text = line.decode(errors="replace").rstrip()
                self.last_lines.append(text)
                if _IMPORTANT.search(text):
                    show(text)
