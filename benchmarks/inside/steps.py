"""Place a call for each number on the input, and print when each of its steps began and ended.

A step is a message to the database, in the order in which a call sends them. One line of JSON for
each call: the time when the worker began, then the name, begin and end of each step, all by
`time.monotonic`, in seconds.
"""

import itertools
import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

import structlog  # noqa: E402
from django.db import close_old_connections, connection  # noqa: E402

from benchmarks.inside import columns  # noqa: E402
from callbacks.core import clock  # noqa: E402
from callbacks.dispatch import place_next  # noqa: E402
from callbacks.models import CallRequest, Widget  # noqa: E402

# What tells the messages apart, in the order in which they are looked for.
NAMES = {
    "callbacks_sql_next_due": "ask, lock the pace, count, choose",
    "callbacks_sql_begin_attempt": "claim: write, commit, look once more",
    "callbacks_sql_last_look": "a further last look",
}
steps: list[tuple[str, float, float]] = []


def timed(name: str, act: Callable[[], Any]) -> Any:
    begun = time.monotonic()
    try:
        return act()
    finally:
        steps.append((name, begun, time.monotonic()))


def message(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    name = next((name for mark, name in NAMES.items() if mark in sql), "another")
    return timed(name, lambda: execute(sql, *rest))


def main() -> None:
    widget = Widget.objects.create(name="steps", originate="test-scenario")
    is_usable = connection.is_usable
    connection.is_usable = lambda: timed("is the connection alive?", is_usable)  # type: ignore[method-assign]
    for number, line in zip(itertools.count(), sys.stdin, strict=False):
        now = clock.now()
        CallRequest.objects.create(
            widget=widget,
            nonce=f"steps-{number}",
            number=line.strip(),
            **columns.asked_at(now),
            due_at=now,
            patience_until=now + widget.patience,
            queue_position=number,
        )
        close_old_connections()  # as Huey does before each task
        steps.clear()
        begun = time.monotonic()
        with connection.execute_wrapper(message):
            place_next()
        print(json.dumps([begun, steps]), flush=True)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    main()
