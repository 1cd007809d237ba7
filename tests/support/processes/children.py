"""Make small programs for the supervisor to run, each a few lines of shell."""

import os
import select
import signal
from collections.abc import Callable
from pathlib import Path

from callbacks.operations.process import Program

SERVES = ': > "$READY"; sleep 1000 & wait'


class Children:
    """Makes programs in a folder; they and their children hold a pipe, the `lifeline`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.on_line: Callable[[str], None] = lambda line: None
        fifo = folder / "lifeline"
        os.mkfifo(fifo)
        self._lifeline = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    def program(self, name: str, script: str, *, logged: bool = True) -> Program:
        """Return a program; `script` is shell that creates the file `$READY` once it serves."""
        ready = self.folder / f"{name}.ready"
        return Program(
            name,
            ["/bin/sh", "-c", f'exec 9>"$LIFELINE"; {script}'],
            lambda _pid: "" if ready.exists() else "no file yet",
            environment={
                "PATH": os.environ["PATH"],
                "READY": str(ready),
                "FOLDER": str(self.folder),
                "LIFELINE": str(self.folder / "lifeline"),
            },
            log=self.folder / f"{name}.log" if logged else None,
        )

    def say(self, line: str) -> None:
        self.lines.append(line)
        self.on_line(line)

    def said(self) -> str:
        return "\n".join(self.lines)

    def nothing_is_left(self, seconds: float = 10) -> bool:
        """Return whether all processes that held the lifeline end within `seconds`."""
        poller = select.poll()
        poller.register(self._lifeline, select.POLLIN)
        return bool(poller.poll(seconds * 1000)) and os.read(self._lifeline, 1) == b""

    def close(self) -> None:
        os.close(self._lifeline)


def end() -> None:
    """End this process with SIGTERM, as a process manager does."""
    signal.raise_signal(signal.SIGTERM)
