"""Wait for signals: a loop ends at once between two rounds, never in the middle of one."""

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Self


class CaughtSignals:
    """Catches the given signals inside a `with` block, in the main thread: they interrupt nothing.

    A signal that was ignored before (`nohup`) stays ignored.
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
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
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
