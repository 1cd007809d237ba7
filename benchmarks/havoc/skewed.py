"""A program whose clock is wrong: `python -m benchmarks.havoc.skewed SECONDS PROGRAM …`.

What it asks of the operating system's clock is off by so many seconds; the monotonic clock, which
no machine can set, is not. PROGRAM is a script, or `-m` and a module.
"""

import datetime
import runpy
import sys
import time
from datetime import datetime as _datetime
from typing import Any

_time = time.time


def skew(seconds: float) -> None:
    """Makes the clocks of this process wrong. To be called before anything else is imported."""
    by = datetime.timedelta(seconds=seconds)

    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, _datetime)

    class Skewed(_datetime, metaclass=Meta):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return _datetime.now(tz) + by

        @classmethod
        def utcnow(cls) -> Any:
            return _datetime.now(datetime.UTC).replace(tzinfo=None) + by

        @classmethod
        def today(cls) -> Any:
            return _datetime.now() + by  # noqa: DTZ005 - as the original does

    datetime.datetime = Skewed  # type: ignore[misc]
    time.time = lambda: _time() + seconds


def main() -> None:
    """Runs the program as if it had been started by itself."""
    skew(float(sys.argv[1]))
    sys.argv = sys.argv[2:]
    if sys.argv[0] == "-m":
        sys.argv = sys.argv[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, "")
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
