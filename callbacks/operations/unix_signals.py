"""Wait for signals: a loop ends at once between two rounds, never in the middle of one."""

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Self

_active: list["CaughtSignals"] = []


class CaughtSignals:
    """Catches the given signals inside a `with` block, in the main thread: they interrupt nothing.

    A signal that was ignored before (`nohup`) stays ignored. A fork made inside the block catches
    none: it has the handlers that were there before.
    """

    def __init__(self, *signums: signal.Signals) -> None:
        self._signums = [s for s in signums if signal.getsignal(s) is not signal.SIG_IGN]

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        # Python writes to this descriptor itself. So we wake up whichever thread got the signal.
        self._wakeup_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._handlers_before = {s: signal.signal(s, _nothing) for s in self._signums}
        _active.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _active.remove(self)
        self.let_go()

    def let_go(self) -> None:
        """Catch nothing any more."""
        for signum, handler in self._handlers_before.items():
            signal.signal(signum, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._read)
        os.close(self._write)

    def wait(self, seconds: float | None) -> list[signal.Signals]:
        """Return the signals that came since the last call; wait for one, at most `seconds`.

        None waits for ever. The list is empty if the time was over.
        """
        select.select([self._read], [], [], seconds)
        try:
            came = os.read(self._read, 1024)
        except BlockingIOError:
            return []
        return [signal.Signals(number) for number in came if number in self._signums]


def _nothing(signum: int, frame: FrameType | None) -> None:
    """Do nothing. Without a handler, Python would not notice the signal."""


def _after_fork() -> None:
    """Catch nothing in a new child process: the pipe is its parent's."""
    while _active:
        _active.pop().let_go()


os.register_at_fork(after_in_child=_after_fork)
