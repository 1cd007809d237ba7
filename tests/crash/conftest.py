"""A sandbox, a nursery of processes that die, and a worker that comes after them."""

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def _no_wake_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens: here the messages are the test's own turns."""
    assert connection.vendor
    monkeypatch.setattr("callbacks.worker.tasks.send", lambda *args: True)
    monkeypatch.setattr("callbacks.worker.tasks.waiting", lambda: 0)
