"""Run several programs as one: start them in order, keep them running, end them all."""

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from callbacks.operations.process import Process, Program
from callbacks.operations.unix_signals import CaughtSignals

PROBE_SECONDS = 0.1  # between two checks whether a program serves
TELL_AFTER_SECONDS = 5.0  # between two lines that say what is still awaited
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # before a restart, in seconds
# A process that ran for this long was well. The pause before its next restart is short again.
STABLE_SECONDS = 60.0

END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _AskedToEnd(Exception):
    """A signal asked the supervisor to end."""


class _StartFailed(Exception):
    """A program did not start. The text is for the person at the terminal."""


@dataclass
class _Kept:
    """A program that is kept running.

    `began` and `restart_at` are values of the monotonic clock, in seconds. `restart_at` is None
    while the program runs. `pause`: how many seconds to wait before the next restart.
    """

    process: Process
    began: float
    pause: float = FIRST_PAUSE
    restart_at: float | None = None


class Supervisor:
    """Runs layers of programs.

    Each layer starts once the layers before it serve, and ends once the layers after it have ended.
    `say` is called with the lines for the person at the terminal. `patience`: how many seconds a
    layer may take until it serves. `may_fork` is asked before each start of a program that can be a
    fork of this process: whether it may be one now.
    """

    def __init__(
        self,
        layers: Sequence[Sequence[Program]],
        *,
        folder: Path,
        say: Callable[[str], None],
        patience: float = 60.0,
        first_pause: float = FIRST_PAUSE,
        may_fork: Callable[[], bool] = lambda: False,
    ) -> None:
        self._layers = layers
        self._folder = folder
        self._print = say
        self._patience = patience
        self._first_pause = first_pause
        self._may_fork = may_fork
        self._running: list[list[_Kept]] = []

    def run(self, when_ready: Callable[[], None] = lambda: None) -> int:
        """Run until everything has ended. Return 0 if that was asked for, 1 if a start failed.

        SIGINT (Ctrl-C), SIGTERM and SIGHUP ask for it; a second one kills. `when_ready` is called
        once everything serves.
        """
        with CaughtSignals(*END, signal.SIGCHLD) as self._signals:
            try:
                for layer in self._layers:
                    self._start(layer)
                when_ready()
                self._keep_running()
            except _AskedToEnd:
                self._say("Stopping once calls in progress have ended. Ctrl-C again stops at once.")
                return 0
            except _StartFailed as failure:
                self._say(str(failure))
                return 1
            finally:
                self._end_all()

    def _start(self, layer: Sequence[Program]) -> None:
        """Start the programs of a layer and wait until they serve, or raise `_StartFailed`."""
        began = time.monotonic()
        waited_for: list[Process] = []
        self._running.append([])
        for program in layer:
            try:
                process = self._process(program)
            except OSError as error:
                raise _StartFailed(f"{program.name} cannot be started: {error.strerror}.") from None
            self._running[-1].append(_Kept(process, began, self._first_pause))
            waited_for.append(process)
        tell_at = began + TELL_AFTER_SECONDS
        while waited_for:
            self._check_all_run()
            missing = {process.name: process.lacks() for process in waited_for}
            waited = time.monotonic() - began
            for process in [p for p in waited_for if not missing[p.name]]:
                self._say(f"  {process.name:<8} ready after {waited:.1f} s")
                waited_for.remove(process)
            lacks = "; ".join(f"{process.name}: {missing[process.name]}" for process in waited_for)
            if lacks and waited > self._patience:
                raise _StartFailed(f"Not ready after {waited:.0f} s: {lacks}.{self._tails()}")
            if lacks and time.monotonic() > tell_at:
                tell_at += TELL_AFTER_SECONDS
                self._say(f"  still waiting for {lacks}")
            if waited_for:
                self._wait(PROBE_SECONDS)

    def _check_all_run(self) -> None:
        """Raise `_StartFailed` if a process has ended."""
        for kept in self._all():
            if kept.process.has_ended():
                name, how = kept.process.name, kept.process.how_it_ended()
                raise _StartFailed(f"{name} stopped while starting ({how}).{_tail(kept.process)}")

    def _keep_running(self) -> NoReturn:
        """Restart each process that ends, until a signal asks to end."""
        while True:
            now = time.monotonic()
            for kept in self._all():
                if kept.restart_at is None and kept.process.has_ended():
                    self._plan_restart(kept, now)
                elif kept.restart_at is not None and kept.restart_at <= now:
                    self._restart(kept, now)
            due = [kept.restart_at for kept in self._all() if kept.restart_at is not None]
            self._wait(max(min(due) - now, 0) if due else None)

    def _plan_restart(self, kept: _Kept, now: float) -> None:
        """Plan to restart a process that has ended, after a pause that doubles each time."""
        if now - kept.began > STABLE_SECONDS:
            kept.pause = self._first_pause
        kept.restart_at = now + kept.pause
        self._say(
            f"{kept.process.name} stopped ({kept.process.how_it_ended()}); "
            f"restarting in {kept.pause:g} s.{_tail(kept.process)}"
        )
        kept.pause = min(kept.pause * 2, LONGEST_PAUSE)

    def _restart(self, kept: _Kept, now: float) -> None:
        """Start a process again, or plan another try if it cannot be started."""
        kept.began, kept.restart_at = now, None
        try:
            kept.process = self._process(kept.process.program)
        except OSError:
            self._plan_restart(kept, now)
            return
        self._say(f"{kept.process.name} restarted.")

    def _end_all(self) -> None:
        """End the layers, the last one first. Kill what does not end in time."""
        at_once = False
        for layer in reversed(self._running):
            alive = [kept.process for kept in layer if not kept.process.has_ended()]
            for process in alive:
                process.kill() if at_once else process.ask_to_end()
            patience = max((process.program.ends_in for process in alive), default=0.0)
            end = time.monotonic() + patience
            while alive := [process for process in alive if not process.has_ended()]:
                asked_again = set(END) & set(self._signals.wait(max(end - time.monotonic(), 0)))
                if asked_again or time.monotonic() >= end:
                    at_once = at_once or bool(asked_again)
                    self._say(f"Killing {', '.join(process.name for process in alive)}.")
                    for process in alive:
                        process.kill()
                    end = time.monotonic() + patience

    def _process(self, program: Program) -> Process:
        return Process(
            program,
            lambda line: self._say(f"{program.name}: {line}"),
            self._folder,
            as_fork=program.run is not None and self._may_fork(),
        )

    def _all(self) -> list[_Kept]:
        return [kept for layer in self._running for kept in layer]

    def _wait(self, seconds: float | None) -> None:
        """Wait for a signal, at most `seconds`. Raise `_AskedToEnd` if it asks to end."""
        if set(END) & set(self._signals.wait(seconds)):
            raise _AskedToEnd

    def _say(self, line: str) -> None:
        """Print a line for the person at the terminal."""
        with suppress(OSError):  # the terminal may be gone; the processes must still be ended
            self._print(line)

    def _tails(self) -> str:
        """Return the last log lines of the processes of this layer that do not serve."""
        return "".join(_tail(kept.process) for kept in self._running[-1] if kept.process.lacks())


def _tail(process: Process) -> str:
    """Return the last lines of a process's log, to add to a sentence."""
    return "".join(f"\n  {process.name}: {line}" for line in process.last_lines)
