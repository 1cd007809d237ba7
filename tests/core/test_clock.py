"""The time that tests set."""

from datetime import UTC, datetime, timedelta

from callbacks.core import clock

NOW = datetime(2027, 3, 1, 10, tzinfo=UTC)


def test_blocks_may_end_in_any_order() -> None:
    """As in two threads: none of them leaves its time behind."""
    one, other = clock.set_to(NOW), clock.set_to(NOW + timedelta(hours=1))
    one.__enter__()
    other.__enter__()
    assert clock.now() == NOW + timedelta(hours=1)
    one.__exit__(None, None, None)
    assert clock.now() == NOW + timedelta(hours=1)
    other.__exit__(None, None, None)
    assert not clock._set
