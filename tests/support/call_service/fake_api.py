"""Fake the client of the call service: answer as the test says, and record the calls."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from callbacks import call_api

CONFIG = call_api.Config(
    token_url="http://127.0.0.1:9/token",
    call_url="http://127.0.0.1:9/startcall",
    client_id="test",
    client_secret="test",
    connect_timeout=1,
    read_timeout=1,
)


@dataclass
class FakeExchange:
    """A fake `Exchange`; `deadlines` are those with which it was opened early."""

    deadlines: list[float] = field(default_factory=list)
    seconds_waited: float = 0.0
    closed: bool = False

    def open_early(self, deadline: float) -> None:
        self.deadlines.append(deadline)

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeApi:
    """A fake `CallApi`; `answer` is what `start_call` returns or raises, or a function to run.

    `before_sending` runs while it connects, before the last look.
    """

    answer: Any = field(default_factory=lambda: call_api.Accepted(200, "ok"))
    token: Exception | None = None
    config: call_api.Config = CONFIG
    calls: list[dict[str, Any]] = field(default_factory=list)
    tokens_fetched: int = 0
    before_sending: Callable[[], object] = lambda: None
    exchanges: list[FakeExchange] = field(default_factory=list)

    def has_token(self) -> bool:
        return self.token is None

    def ensure_token(self) -> None:
        if self.token:
            raise self.token

    def fetch_new_token(self) -> None:
        self.tokens_fetched += 1
        self.ensure_token()

    def exchange(self) -> FakeExchange:
        self.exchanges.append(FakeExchange())
        return self.exchanges[-1]

    def start_call(self, **fields: Any) -> call_api.Accepted:
        self.before_sending()
        if code := fields.pop("may_send")():
            raise call_api.HeldBack(code=code)
        self.calls.append(fields)
        answer = self.answer() if callable(self.answer) else self.answer
        if isinstance(answer, call_api.CallApiError):
            if answer.sent and not answer.answers:
                answer.answers = (answer.http_status,)
            raise answer
        if isinstance(answer, Exception):
            raise answer
        return replace(answer, answers=answer.answers or (answer.http_status,))
