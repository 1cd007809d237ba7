"""Which fault strikes which request: rules that are tried in order and count down."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from callbacks.sandbox.changes import Changes

At = Literal["token", "startcall"]

_REDIRECTS = (301, 302, 303, 307, 308)
_ERRORS = (400, 401, 403, 404, 408, 422, 425, 429, 500, 502, 503, 504)
STATUSES = frozenset(map(str, _REDIRECTS + _ERRORS))
"""Answered at once, before the request is checked; nothing rings."""

RINGS_THEN = {f"{status}_after": int(status) for status in STATUSES}
"""Answered after the phone rang, as by a proxy that lost the answer or a service that is wrong."""

DELAYS = frozenset({"latency", "expire_tokens"})
"""Has an effect; then the next rule is tried."""

BEFORE = STATUSES | {"timeout_before", "reset_before", "html_502", "maintenance"}
"""Ends any request, valid or not; nothing rings."""

AFTER = RINGS_THEN.keys() | {
    *("timeout_after", "reset_after", "html", "garbage", "drip", "late_ring"),
}
"""Spoils the answer to a valid request only: the phone rings (or a token is issued) first.

`late_ring` rings once the caller has hung up, or after `seconds`.
"""

FAULTS = DELAYS | BEFORE | AFTER


@dataclass(slots=True)
class Rule:
    """One fault.

    `times`: how often it may still strike; None for ever.
    `probability`: from 0 to 1.
    `seconds`: how long it lasts.
    `retry_after`: seconds for the header of that name, or "http-date" for a date `seconds` ahead.
    `location`: the header of that name, for redirects.
    """

    at: At
    fault: str
    times: int | None = None
    probability: float = 1.0
    seconds: float = 0.0
    retry_after: float | Literal["http-date"] | None = None
    location: str | None = None


class FaultBook:
    """The rules in force. It is thread-safe."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._random = random.Random()
        self._seed: int | None = None
        self._rules: list[Rule] = []
        self._used: list[int] = []

    def replace(self, rules: Sequence[Rule], seed: int | None = None) -> None:
        """Put these rules in force instead. `seed` makes their probabilities repeatable."""
        with self._changes.lock:
            self._random = random.Random(seed)
            self._seed = seed
            self._rules = list(rules)
            self._used = [0] * len(self._rules)
            self._changes.bump()

    def drawn(self, at: At, is_valid: Callable[[], bool]) -> Iterator[Rule]:
        """Yield the rules that strike one request, in order. A rule counts as used once yielded.

        `is_valid` is called only for faults that come after the phone rang: a request that would be
        refused anyway does not use them up.
        """
        with self._changes.lock:
            rules, used = self._rules, self._used
        for position, rule in enumerate(rules):
            if rule.at != at or (rule.fault in AFTER and not is_valid()):
                continue
            with self._changes.lock:
                if rule.times == 0 or self._random.random() >= rule.probability:
                    continue
                if rule.times is not None:
                    rule.times -= 1
                used[position] += 1
                self._changes.bump()
            yield rule

    def as_json(self) -> dict[str, Any]:
        """Return the rules in a form that can be put again, and how often each struck."""
        with self._changes.lock:
            return {
                "seed": self._seed,
                "rules": [asdict(rule) for rule in self._rules],
                "used": list(self._used),
            }
