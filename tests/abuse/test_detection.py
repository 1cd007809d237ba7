"""A widget asks for a proof of work while too much that looks like a script's comes in."""

from datetime import UTC, datetime, timedelta

import pytest

from callbacks.abuse import detection, limits, refusals
from callbacks.core import clock
from callbacks.models import LimitHit, RefusalKind
from tests.support.factories import make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FAST, SLOW = timedelta(seconds=0.9), timedelta(seconds=1)


def needs_proof(widget, at=NOW):
    detection.findings.forget()
    with clock.set_to(at):
        return detection.needs_proof(widget)


def take(widget, times, fill_time=None, at=NOW):
    keys = [limits.widget_key(widget), *detection.extra_limit_keys(widget, fill_time)]
    first = LimitHit.objects.count()
    LimitHit.objects.bulk_create(
        [LimitHit(key=key, ordinal=first + n, at=at) for n, key in enumerate(keys * times)]
    )


def refuse(widget, kind, times):
    with clock.set_to(NOW):
        for _time in range(times):
            refusals.record(widget, kind)


def test_off_and_always_ask_nobody(django_assert_num_queries):
    off, always = make_widget(proof_of_work="off"), make_widget(proof_of_work="always")
    refuse(off, RefusalKind.BOT, 101)
    with django_assert_num_queries(0):
        assert not needs_proof(off)
        assert needs_proof(always)


def test_a_hundred_forms_by_a_script_are_no_pressure():
    widget = make_widget()
    take(widget, 100, FAST)
    assert not needs_proof(widget)
    take(widget, 1, FAST)
    assert needs_proof(widget)


def test_forms_of_people_are_none_either():
    widget = make_widget(hourly_cap=1000)
    take(widget, 200, SLOW)
    take(widget, 200)
    assert not needs_proof(widget)
    take(widget, 101)
    assert needs_proof(widget), "more than half of the hourly cap"


def test_a_handful_is_none_however_small_the_cap():
    widget = make_widget(hourly_cap=20)
    take(widget, 20)
    assert not needs_proof(widget)


@pytest.mark.parametrize(
    ("kind", "is_pressure"),
    [
        (RefusalKind.BOT, True),
        (RefusalKind.NUMBER, True),
        (RefusalKind.BLOCKED, True),
        (RefusalKind.PAUSED, False),
        (RefusalKind.BUSY, False),
    ],
)
def test_refusals_that_are_their_own_doing_count(kind, is_pressure):
    widget = make_widget()
    take(widget, 1, FAST)
    refuse(widget, kind, 99)
    assert not needs_proof(widget)
    refuse(widget, kind, 1)
    assert needs_proof(widget) == is_pressure


def test_one_widgets_pressure_is_not_anothers():
    take(make_widget(), 101, FAST)
    assert not needs_proof(make_widget())


def test_detected_abuse_is_over_after_ten_minutes():
    widget = make_widget(hourly_cap=1000)
    take(widget, 101, FAST)
    assert needs_proof(widget, NOW + timedelta(minutes=9))
    assert not needs_proof(widget, NOW + timedelta(minutes=11))


def test_detected_abuse_is_looked_up_once_in_a_few_seconds(django_assert_max_num_queries):
    widget = make_widget()
    with clock.set_to(NOW), django_assert_max_num_queries(2):
        for _time in range(10):
            detection.needs_proof(widget)
