"""Run a program whose clocks can be wrong: `python -m benchmarks.havoc.skewed FILE PROGRAM …`.

FILE says by how much (`benchmarks.havoc.clocks`), and may change while the program runs. PROGRAM is
a script, or `-m` and a module.
"""

import datetime
import runpy
import sys
import time
from datetime import datetime as _datetime
from pathlib import Path
from typing import Any

from benchmarks.havoc.clocks import Clocks, real_monotonic, real_time

_clock_gettime = time.clock_gettime


def skew(clocks: Clocks) -> None:
    """Make this process use `clocks`; call it before anything else is imported.

    Waits in C code (a lock with a time-out, `sleep`) still use the machine's clocks.
    """

    def by() -> datetime.timedelta:
        return datetime.timedelta(seconds=clocks.wall)

    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, _datetime)

    class Skewed(_datetime, metaclass=Meta):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return _datetime.now(tz) + by()

        @classmethod
        def utcnow(cls) -> Any:
            return _datetime.now(datetime.UTC).replace(tzinfo=None) + by()

        @classmethod
        def today(cls) -> Any:
            return _datetime.now() + by()  # noqa: DTZ005 - as the original does

    def clock_gettime(clock: int) -> float:
        off = {
            time.CLOCK_REALTIME: clocks.wall,
            time.CLOCK_MONOTONIC: clocks.monotonic,
            getattr(time, "CLOCK_BOOTTIME", None): clocks.boot,
        }
        return _clock_gettime(clock) + off.get(clock, 0.0)

    datetime.datetime = Skewed  # type: ignore[misc]
    time.time = lambda: real_time() + clocks.wall
    time.monotonic = lambda: real_monotonic() + clocks.monotonic
    time.clock_gettime = clock_gettime


def main() -> None:
    """Run the program as if it had been started directly."""
    skew(Clocks(Path(sys.argv[1])))
    sys.argv = sys.argv[2:]
    if sys.argv[0] == "-m":
        sys.argv = sys.argv[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, "")
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
