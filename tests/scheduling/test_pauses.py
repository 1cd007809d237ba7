"""When a pause begins and ends: that of one widget, and the stop of all calls."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callbacks.core import clock
from callbacks.models import CallControl, OpenPeriod, Widget
from callbacks.scheduling import pauses
from tests.support.factories import make_widget

NOW = datetime(2026, 6, 1, 20, 30, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
PARIS = ZoneInfo("Europe/Paris")  # two hours ahead


@pytest.mark.parametrize(
    ("is_paused", "until", "lasts"),
    [
        (False, None, False),
        (False, NOW + HOUR, False),
        (True, None, True),
        (True, NOW + SECOND, True),
        (True, NOW, False),
        (True, NOW - HOUR, False),
    ],
)
def test_a_pause_lasts_until_its_end_or_until_a_person_ends_it(
    is_paused: bool, until: datetime | None, lasts: bool
) -> None:
    with clock.set_to(NOW):
        assert pauses.lasts(Widget(is_paused=is_paused, paused_until=until)) is lasts
        stop = CallControl(stopped_at=NOW - HOUR if is_paused else None, stopped_until=until)
        assert pauses.is_stopped(stop) is lasts


def test_a_pause_ends_when_the_person_who_began_it_chose() -> None:
    opening = NOW + 11 * HOUR
    assert pauses.end_of("", PARIS, NOW, opening) is None
    assert pauses.end_of("hour", PARIS, NOW, opening) == NOW + HOUR
    assert pauses.end_of("day", PARIS, NOW, opening) == datetime(2026, 6, 2, tzinfo=PARIS)
    assert pauses.end_of("opening", PARIS, NOW, opening) == opening
    with pytest.raises(ValueError, match="no opening"):
        pauses.end_of("opening", PARIS, NOW)


def states() -> list[tuple[bool, datetime | None]]:
    return list(Widget.objects.order_by("pk").values_list("is_paused", "paused_until"))


@pytest.mark.django_db
def test_a_pause_is_that_of_one_widget_and_is_begun_and_ended_once() -> None:
    mine, _free, _paused = make_widget(), make_widget(), make_widget(is_paused=True)
    others = [(False, None), (True, None)]
    assert pauses.begin(mine, NOW + HOUR, NOW)
    assert states() == [(True, NOW + HOUR), *others]
    assert not pauses.begin(mine, None, NOW + HOUR - SECOND)
    assert states() == [(True, NOW + HOUR), *others]
    assert pauses.begin(mine, None, NOW + HOUR)  # the pause of before is over
    assert states() == [(True, None), *others]
    assert not pauses.begin(mine, NOW + HOUR, NOW)
    assert pauses.finish(mine)
    assert states() == [(False, None), *others]
    assert not pauses.finish(mine)
    assert pauses.begin(mine, NOW + HOUR, NOW)
    assert pauses.finish(mine)
    assert states() == [(False, None), *others]


def opens(widget: Widget, *starts: datetime, zone: str = "") -> None:
    for start in starts:
        OpenPeriod.objects.create(widget=widget, zone=zone, starts_at=start, ends_at=start + HOUR)


@pytest.mark.django_db
def test_the_next_opening_is_after_this_moment() -> None:
    widget = make_widget(has_hours=True, opening_hours="24/7")
    assert pauses.next_opening(widget, NOW) is None
    opens(widget, NOW, NOW + 2 * HOUR, NOW + 4 * HOUR)
    opens(make_widget(has_hours=True, opening_hours="24/7"), NOW + HOUR)
    assert pauses.next_opening(widget, NOW) == NOW + 2 * HOUR


@pytest.mark.django_db
def test_the_first_opening_is_that_of_an_active_widget_with_hours() -> None:
    assert pauses.first_opening(NOW) is None
    opens(make_widget(has_hours=True, opening_hours="24/7", is_active=False), NOW + HOUR)
    opens(make_widget(has_hours=False), NOW + HOUR)
    opens(make_widget(has_hours=True, opening_hours="24/7"), NOW, NOW + 5 * HOUR)
    opens(make_widget(has_hours=True, opening_hours="24/7"), NOW + 2 * HOUR, zone="Indian/Reunion")
    assert pauses.first_opening(NOW) == NOW + 5 * HOUR
    opens(make_widget(has_hours=True, opening_hours="24/7"), NOW + 4 * HOUR, zone="Europe/Paris")
    assert pauses.first_opening(NOW) == NOW + 4 * HOUR
