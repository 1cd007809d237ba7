"""What a process remembers ends by itself, stays bounded, and can be forgotten at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from callbacks.abuse import detection, ip_rate_limit
from callbacks.core import availability, boot_clock, process_memory
from callbacks.core.process_memory import LastKnown, Pause, ShortCache
from callbacks.public.embed import frame
from callbacks.widgets import cache as widget_cache
from callbacks.worker import tasks


class Reader:
    """Finds another value each time, and counts how often it was asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return f"value {self.asked}"


def test_a_pause_begins_when_told_and_ends_after_its_seconds():
    with boot_clock.movable() as move:
        pause = Pause(5)
        assert not pause.is_on
        pause.begin()
        assert pause.is_on
        move(4.5)
        assert pause.is_on
        pause.begin()
        move(4.5)
        assert pause.is_on
        move(0.5)
        assert not pause.is_on


def test_a_value_is_kept_for_its_seconds_from_the_moment_when_it_was_asked_for():
    find = Reader()
    with boot_clock.movable() as move:
        cache = ShortCache(seconds=2, most=10)

        def slow():
            move(1.5)
            return find()

        assert cache.get("a", slow) == "value 1"
        assert cache.get("a", find) == "value 1"
        assert cache.get("b", find) == "value 2"
        move(0.5)
        assert cache.get("a", find) == "value 3"
        assert cache.get("b", find) == "value 2"


def test_false_is_kept_and_none_is_not():
    cache = ShortCache(seconds=60, most=10)
    assert cache.get("a", lambda: False) is False
    assert cache.get("a", lambda: True) is False
    assert cache.get("b", lambda: None) is None
    assert cache.get("b", lambda: True) is True


def test_an_error_of_the_reader_is_raised_and_nothing_is_kept():
    cache = ShortCache(seconds=60, most=10)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 // 0)
    assert cache.get("a", lambda: 1) == 1


def test_a_short_cache_never_holds_more_than_it_may():
    cache = ShortCache(seconds=60, most=3)
    for key in range(10):
        assert cache.get(key, lambda key=key: key) == key
        assert len(cache) <= 3


def test_a_value_that_is_read_again_drops_no_other():
    find = Reader()
    with boot_clock.movable() as move:
        cache = ShortCache(seconds=2, most=2)
        cache.get("a", find)
        move(1)
        cache.get("b", find)
        move(1)
        assert cache.get("a", find) == "value 3"
        assert cache.get("b", find) == "value 2"


def test_a_value_that_changed_while_it_was_read_is_not_kept():
    """Another thread saves the change and empties the cache after this thread read the old row."""
    cache = ShortCache(seconds=60, most=10)

    def find():
        cache.forget()
        return "old"

    assert cache.get("a", find) == "old"
    assert cache.get("a", lambda: "new") == "new"


def test_the_last_known_value_stays_however_old_and_the_oldest_is_dropped_first():
    with boot_clock.movable() as move:
        known = LastKnown(most=2)
        known.keep("a", 1)
        known.keep("b", 2)
        known.keep("a", 3)
        move(1e9)
        assert [known.get("a"), known.get("b"), known.get("c")] == [3, 2, None]
        known.keep("c", 4)
        assert [known.get("a"), known.get("b"), known.get("c")] == [3, None, 4]


def test_last_known_values_stay_bounded_when_many_threads_keep_them():
    known = LastKnown(most=3)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(known.keep, range(5000), range(5000)))
    assert len(known) == 3


def test_everything_that_this_process_remembers_is_forgotten_at_once():
    for pause in (ip_rate_limit.cache_pause, tasks.storage_pause):
        pause.begin()
    detection.findings.get(1, lambda: True)
    widget_cache._known.get("a", lambda: object())
    frame.last_known.keep("a", ["https://www.example.fr"])
    services = [
        one for one in vars(availability).values() if isinstance(one, availability.Availability)
    ]
    for service in services:
        service.failed(OSError())
    process_memory.forget_all()
    assert not ip_rate_limit.cache_pause.is_on
    assert not tasks.storage_pause.is_on
    assert [len(detection.findings), len(widget_cache._known), len(frame.last_known)] == [0, 0, 0]
    assert len(services) >= 5
    assert not any(service.is_away for service in services)


def test_an_outage_that_was_forgotten_is_logged_anew(caplog):
    availability.mail.failed(OSError())
    process_memory.forget_all()
    availability.mail.recovered()
    availability.mail.failed(OSError())
    assert [record.msg["event"] for record in caplog.records] == ["mail_away", "mail_away"]
