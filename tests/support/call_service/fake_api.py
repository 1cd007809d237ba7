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

    def has_token(self) -> bool:
        return self.token is None

    def ensure_token(self) -> None:
        if self.token:
            raise self.token

    def fetch_new_token(self) -> None:
        self.tokens_fetched += 1
        self.ensure_token()

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
