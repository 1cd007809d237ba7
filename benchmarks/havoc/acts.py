"""Do what a person does, and record it, with whether they were told that it is done.

The database may be away at any moment, and a connection may be lost.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from django.db import DatabaseError, InterfaceError, connection

from benchmarks.havoc.clocks import real_time
from benchmarks.havoc.in_use import InUse
from benchmarks.havoc.judge.evidence import PersonAct

type Act = Callable[[], bool]


class Acts:
    """What people did so far (`done`), in the order in which it ended."""

    def __init__(self, database: InUse) -> None:
        self._database = database
        self.done: list[PersonAct] = []

    def do(
        self,
        kind: str,
        by: str,
        act: Act,
        *,
        call_request: int | None = None,
        number: str = "",
        **of_hours: str,
    ) -> bool | None:
        """Do it and record it; `act` returns whether it was done. None: there was no answer."""
        asked_at = real_time()
        is_done: bool | None
        with self._database.shared():
            try:
                is_done = act()
            except (DatabaseError, InterfaceError):
                is_done = None
            finally:
                _hang_up()
        done_at = None if is_done is None else real_time()
        self.done.append(
            PersonAct(kind, by, asked_at, done_at, is_done, call_request, number, **of_hours)
        )
        return is_done

    def read[T](self, rows: Iterable[T]) -> list[T]:
        """Return the rows of a query; none while the database is away."""
        with self._database.shared():
            try:
                return list(rows)
            except (DatabaseError, InterfaceError):
                return []
            finally:
                _hang_up()

    def counted(self) -> Counter[str]:
        """Count the acts that were done, were too late, or had no answer."""
        words = {True: "done", False: "too late", None: "without an answer"}
        return Counter(f"{act.kind} {words[act.is_done]}" for act in self.done)


def _hang_up() -> None:
    """Close this thread's connection, in whatever state it is."""
    try:
        connection.close()
    except (DatabaseError, InterfaceError):
        connection.connection = None
