"""Visitors who ask for calls all the time, and what they were answered."""

import threading
from collections import Counter
from types import TracebackType
from typing import Self

from tests.support.visitor import ask_for_a_call

HOW_MANY = 3
PAUSE = 0.4  # seconds between two forms of one visitor
# A command of manage.py. These visitors would soon look like bots.
LET_THEM = (
    'shell --verbosity 0 --command "from callbacks.models import Widget; '
    "Widget.objects.update(proof_of_work='off', daily_cap=100_000, hourly_cap=100_000)\""
)


class Visitors:
    """Threads for a `with` statement; each posts form after form. No number comes twice."""

    def __init__(self, form: str) -> None:
        self.form = form
        self.accepted: list[str] = []
        self.refused: list[str] = []
        self._last = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(HOW_MANY)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def were_served(self, calls: Counter[str]) -> None:
        """Check that each form was accepted, and each number called once."""
        assert self.refused == [], (len(self.refused), self.refused[:3])
        assert len(self.accepted) > HOW_MANY
        called = {number: calls[number] for number in self.accepted}
        assert called == dict.fromkeys(self.accepted, 1), called

    def _ask(self) -> None:
        while not self._ended.wait(PAUSE):
            with self._lock:
                self._last += 1
                number = f"6{30_000_000 + self._last}"
            try:
                page = ask_for_a_call(self.form, f"0{number}", f"jo{number}@example.fr")
                is_accepted = page.status == 200 and "/r/" in page.url
                answer = "" if is_accepted else f"{page.status} {page.text[:300]}"
            except Exception as error:  # whatever a visitor would see
                answer = repr(error)
            if answer:
                self.refused.append(answer)
            else:
                self.accepted.append(f"+33{number}")
