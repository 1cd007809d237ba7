"""When the opening hours change, the waiting requests get new times, or fail at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from callbacks.core import clock
from callbacks.lifecycle import hours_changed, transitions
from callbacks.models import (
    Actor,
    Attempt,
    CallRequest,
    Move,
    OpenPeriod,
    Reason,
    Status,
    Widget,
)
from callbacks.scheduling import call_time, open_periods
from callbacks.widget_changes import widget_store
from callbacks.widgets.cache import KEPT_SECONDS
from callbacks.worker import housekeeping
from tests.support.factories import make_request, make_widget
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
WEEK = "Mo-Fr 09:00-12:00,14:00-18:00; PH off"


def asked(widget: Widget, moment: datetime, **fields: Any) -> CallRequest:
    """Create a request for now, or for the next opening while it is closed, at `moment`."""
    number = fields.setdefault("number", "+33612345678")
    times = call_time.of_opening(widget, call_time.ahead(widget, number, moment), moment)
    assert times is not None
    fields |= {name: getattr(times, name) for name in ("due_at", "is_scheduled", "patience_until")}
    if times.is_scheduled:
        fields["queue_position"] = None
    return make_request(widget=widget, created_at=moment, consumer_zone="Europe/Paris", **fields)


def change(widget: Widget, moment: datetime, **fields: Any) -> housekeeping.HousekeepingReport:
    """Change the hours as a form does, at `moment`, and do a round of housekeeping."""
    with clock.set_to(moment):
        for name, value in fields.items():
            setattr(widget, name, value)
        widget.full_clean()
        widget_store.save(widget)
        return housekeeping.run_round()


def times(call_request: CallRequest) -> tuple[datetime, datetime]:
    call_request.refresh_from_db()
    return call_request.due_at, call_request.patience_until


def settled_at(moment: datetime) -> bool:
    """Do the round after the last one that adjusts all requests; return whether none follows."""
    with clock.set_to(moment + hours_changed.SETTLING):
        housekeeping.run_round()
    return not Widget.objects.filter(has_old_times=True).exists()


def test_a_request_for_the_next_opening_gets_the_new_opening() -> None:
    widget = widget_with(**TOWN_HALL)
    call_request = asked(widget, at(1, 20))
    assert times(call_request) == (at(2, 9), at(2, 9, 15))
    change(widget, at(1, 21), opening_hours="Mo-Fr 11:00-12:00; PH off")
    assert times(call_request) == (at(2, 11), at(2, 11, 15))
    change(widget, at(1, 22), opening_hours="Mo-Su 07:00-12:00; PH off")
    assert times(call_request) == (at(2, 7), at(2, 7, 15))
    assert call_request.queue_position is None


def test_it_is_called_at_once_if_the_widget_opens_now_or_has_no_hours_any_more() -> None:
    widget = widget_with(**TOWN_HALL)
    call_request = asked(widget, at(1, 20))
    change(widget, at(1, 21), opening_hours="Mo-Su 07:00-23:00; PH off")
    assert times(call_request) == (at(1, 21), at(1, 21, 15))
    other = widget_with(**TOWN_HALL)
    without = asked(other, at(1, 20))
    change(other, at(1, 21), opening_hours="", holidays="")
    assert times(without) == (at(1, 21), at(1, 21, 15))
    assert without.queue_position is not None


def test_a_maximum_wait_that_began_goes_on_from_its_beginning() -> None:
    widget = widget_with(**TOWN_HALL, patience_minutes=60, waits_for_opening=True)
    call_request = asked(widget, at(1, 11, 30))
    assert times(call_request) == (at(1, 11, 30), at(1, 14, 30))
    change(widget, at(1, 11, 40), opening_hours="Mo-Fr 09:00-11:45,15:00-18:00; PH off")
    assert times(call_request) == (at(1, 11, 30), at(1, 15, 45))
    change(widget, at(1, 11, 41), opening_hours="Mo-Fr 09:00-18:00; PH off")
    assert times(call_request) == (at(1, 11, 30), at(1, 12, 30))


def test_a_maximum_wait_that_began_at_an_opening_goes_on_from_there() -> None:
    widget = widget_with(**TOWN_HALL)
    call_request = asked(widget, at(1, 20))
    change(widget, at(2, 9, 5), opening_hours="Mo-Fr 08:00-18:00; PH off")
    assert times(call_request) == (at(2, 9), at(2, 9, 15))


def test_requests_that_began_at_different_times_keep_their_own() -> None:
    widget = widget_with(**TOWN_HALL)
    first, second = (asked(widget, at(1, 11, minute)) for minute in (30, 31))
    change(widget, at(1, 11, 32), opening_hours="Mo-Fr 09:00-18:00; PH off")
    assert times(first) == (at(1, 11, 30), at(1, 11, 45))
    assert times(second) == (at(1, 11, 31), at(1, 11, 46))


def test_who_waited_for_the_opening_and_who_asked_at_it_wait_by_their_own_rules() -> None:
    """A call for now ends at the closing. One for the opening may go on after the break."""
    widget = widget_with(**TOWN_HALL)
    waited, asked_then = asked(widget, at(1, 20)), asked(widget, at(2, 9))
    change(widget, at(2, 9, 1), opening_hours="Mo-Fr 09:00-09:05,10:00-18:00; PH off")
    assert times(waited) == (at(2, 9), at(2, 10, 10))
    assert times(asked_then) == (at(2, 9), at(2, 9, 5))


def test_numbers_of_two_zones_get_the_legal_hours_of_their_own() -> None:
    """In December, 20:00 in Réunion is 17:00 in Paris, and 10:00 in Paris is 13:00 in Réunion."""
    widget = widget_with(**TOWN_HALL, allowed_regions=["FR", "RE"])
    paris, reunion = asked(widget, at(1, 20)), asked(widget, at(1, 20))
    CallRequest.objects.filter(pk=reunion.pk).update(consumer_zone="Indian/Reunion")
    change(widget, at(1, 21), opening_hours="Mo-Fr 07:00-18:00; PH off", sales_hours=True)
    assert times(paris)[0] == at(2, 10)
    assert times(reunion)[0] == at(2, 7)


def test_a_request_for_now_ends_at_the_new_closing() -> None:
    widget = widget_with(**TOWN_HALL)
    call_request = asked(widget, at(1, 11, 30))
    change(widget, at(1, 11, 31), opening_hours="Mo-Fr 09:00-11:40; PH off")
    assert times(call_request) == (at(1, 11, 30), at(1, 11, 40))


def test_a_request_for_now_ends_at_once_if_it_is_closed_by_the_new_hours() -> None:
    """Nobody who asked for a call now is called at the next opening, unless the owner allows it."""
    widget, waiting = make_widget(patience_minutes=15), make_widget(waits_for_opening=True)
    call_request, patient = asked(widget, at(1, 12, 58)), asked(waiting, at(1, 12, 58))
    for one in (widget, waiting):
        change(one, at(1, 13), **TOWN_HALL)
    assert times(call_request) == (at(1, 12, 58), at(1, 13))
    assert times(patient) == (at(1, 12, 58), at(1, 14, 15))
    with clock.set_to(at(1, 13)):
        housekeeping.run_round()
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.TOO_LATE)


def test_a_request_for_now_goes_on_if_the_new_hours_begin_at_this_moment() -> None:
    widget = make_widget(patience_minutes=15)
    call_request = asked(widget, at(1, 8, 58))
    change(widget, at(1, 9), **TOWN_HALL)
    assert times(call_request)[1] > at(1, 9)


def test_a_request_for_now_waits_within_the_open_period_of_the_new_hours_only() -> None:
    widget = make_widget(patience_minutes=240)
    call_request = asked(widget, at(1, 8, 58))
    change(widget, at(1, 9, 1), **TOWN_HALL)
    assert times(call_request) == (at(1, 8, 58), at(1, 12))
    change(widget, at(1, 9, 2), patience_minutes=30)
    assert times(call_request) == (at(1, 8, 58), at(1, 9, 30))


def test_a_call_under_way_keeps_its_state_and_gets_the_new_end() -> None:
    widget = widget_with(**TOWN_HALL)
    call_request = asked(widget, at(1, 11, 30), status=Status.CALLING, attempts_made=1)
    Attempt.objects.create(
        call_request=call_request,
        widget=widget,
        number=1,
        started_at=at(1, 11, 30),
        deadline_at=at(1, 11, 40),
    )
    change(widget, at(1, 11, 31), opening_hours="Mo-Fr 09:00-11:40; PH off")
    assert times(call_request)[1] == at(1, 11, 40)
    assert call_request.status == Status.CALLING


@pytest.mark.parametrize("status", [Status.CALLED, Status.FAILED, Status.CANCELLED])
def test_what_is_over_keeps_its_times(status: Status) -> None:
    widget = widget_with(**TOWN_HALL)
    call_request = asked(widget, at(1, 20), status=status)
    before = times(call_request)
    change(widget, at(1, 21), opening_hours="Mo-Fr 11:00-12:00; PH off")
    assert times(call_request) == before


def test_a_request_without_open_time_ahead_fails_at_once() -> None:
    widget, other = widget_with(**TOWN_HALL), widget_with(**TOWN_HALL)
    call_request, elsewhere = asked(widget, at(1, 20)), asked(other, at(1, 20))
    report = change(widget, at(1, 21), opening_hours="2026 Nov 30 09:00-12:00", holidays="")
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.FAILED, Reason.CLOSED)
    assert report.closed == 1
    move = Move.objects.get(call_request=call_request)
    assert (move.name, move.actor, move.reason) == (
        "expire_closed",
        Actor.HOUSEKEEPING,
        Reason.CLOSED,
    )
    elsewhere.refresh_from_db()
    assert elsewhere.status == Status.QUEUED


def test_hours_that_are_closed_for_one_zone_only_fail_the_requests_from_there() -> None:
    widget = widget_with(**TOWN_HALL, allowed_regions=["FR", "RE"])
    paris = asked(widget, at(1, 20))
    reunion = asked(widget, at(1, 20))
    CallRequest.objects.filter(pk=reunion.pk).update(consumer_zone="Indian/Reunion")
    # From 10:00 to 11:00 in Réunion is night in Paris, where sales calls begin at 10:00.
    change(widget, at(1, 21), opening_hours="Mo-Fr 07:00-08:00; PH off", sales_hours=True)
    paris.refresh_from_db()
    assert (paris.status, paris.reason) == (Status.FAILED, Reason.CLOSED)
    assert times(reunion) == (at(2, 7), at(2, 7, 15))


def test_many_fail_over_several_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hours_changed, "BATCH", 2)
    widget = widget_with(**TOWN_HALL)
    for _ in range(5):
        asked(widget, at(1, 20))
    nothing = {"opening_hours": "2026 Nov 30 09:00-12:00", "holidays": ""}
    assert change(widget, at(1, 21), **nothing).closed == 2
    with clock.set_to(at(1, 21)):
        assert [housekeeping.run_round().closed for _ in range(3)] == [2, 1, 0]


def test_a_widget_is_adjusted_once_and_again_if_its_hours_change_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    widget = widget_with(**TOWN_HALL)
    asked(widget, at(1, 20))
    change(widget, at(1, 21), opening_hours=WEEK)
    assert settled_at(at(1, 21))
    original = hours_changed.fail_closed

    def changes_meanwhile(one: Widget, now: datetime) -> int:
        with clock.set_to(at(1, 22)):
            one.opening_hours = "Mo-Fr 10:00-12:00; PH off"
            widget_store.save(Widget.objects.get(pk=one.pk))
        return original(one, now)

    change(widget, at(1, 21), opening_hours="Mo-Fr 11:00-12:00; PH off")
    monkeypatch.setattr(hours_changed, "fail_closed", changes_meanwhile)
    assert not settled_at(at(1, 21))


def test_a_form_that_knew_the_widget_as_it_was_gets_times_by_the_new_hours() -> None:
    """Processes keep widgets in memory for two seconds."""
    before = make_widget(patience_minutes=15)
    known = Widget.objects.get(pk=before.pk)
    change(before, at(1, 13), **TOWN_HALL)
    written_at = at(1, 13) + timedelta(seconds=2)
    call_request = asked(known, written_at)
    assert times(call_request)[1] == written_at + 15 * MINUTE
    with clock.set_to(at(1, 13) + timedelta(seconds=2.5)):
        housekeeping.run_round()
    call_request.refresh_from_db()
    assert times(call_request)[1] <= at(1, 13, 1)
    assert settled_at(at(1, 13))


def test_rounds_go_on_for_some_seconds_only_also_if_the_clock_was_ahead() -> None:
    assert timedelta(seconds=KEPT_SECONDS) < hours_changed.SETTLING
    widget = widget_with(**TOWN_HALL)
    Widget.objects.filter(pk=widget.pk).update(hours_changed_at=at(2, 9), has_old_times=True)
    with clock.set_to(at(1, 21)):
        housekeeping.run_round()
    assert not Widget.objects.get(pk=widget.pk).has_old_times


def test_a_request_that_was_written_during_the_change_is_looked_at_again() -> None:
    widget = widget_with(**TOWN_HALL)
    change(widget, at(1, 21), opening_hours="Mo-Fr 11:00-12:00; PH off")
    assert settled_at(at(1, 21))
    other = widget_with(**TOWN_HALL)
    Widget.objects.filter(pk=other.pk).update(hours_changed_at=at(1, 21), has_old_times=False)
    hours_changed.flag_if_changed_since(widget, at(1, 21, 1))
    assert not Widget.objects.get(pk=widget.pk).has_old_times
    hours_changed.flag_if_changed_since(widget, at(1, 21))
    assert Widget.objects.get(has_old_times=True) == widget


def test_only_the_widget_that_is_flagged_is_looked_at_again() -> None:
    widget, _other = widget_with(**TOWN_HALL), widget_with(**TOWN_HALL)
    Widget.objects.update(has_old_times=False)
    hours_changed.flag(widget)
    assert Widget.objects.get(has_old_times=True) == widget


def test_a_widget_whose_requests_are_not_all_adjusted_stays_flagged_when_another_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many, _few = widget_with(**TOWN_HALL), widget_with(**TOWN_HALL)
    Widget.objects.update(has_old_times=True, hours_changed_at=None)
    monkeypatch.setattr(
        hours_changed,
        "fail_closed",
        lambda widget, _now: hours_changed.BATCH if widget == many else 0,
    )
    hours_changed.keep_up(at(1, 21))
    assert Widget.objects.get(has_old_times=True) == many


def test_what_did_not_fail_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = widget_with(**TOWN_HALL)
    asked(widget, at(1, 20))
    OpenPeriod.objects.all().delete()
    monkeypatch.setattr(transitions, "transition", lambda *_, **__: False)
    assert hours_changed.fail_closed(widget, at(1, 21)) == 0
    assert hours_changed.fail_closed(make_widget(), at(1, 21)) == 0


def test_a_request_with_open_time_ahead_cannot_fail_as_closed() -> None:
    widget = widget_with(**TOWN_HALL)
    call_request = asked(widget, at(1, 20))
    with clock.set_to(at(1, 21)):
        assert not transitions.transition(
            call_request, transitions.EXPIRE_CLOSED, Actor.HOUSEKEEPING, reason=Reason.CLOSED
        )
    without = make_request()
    assert not transitions.transition(
        without, transitions.EXPIRE_CLOSED, Actor.HOUSEKEEPING, reason=Reason.CLOSED
    )


def test_rows_of_past_days_are_kept_while_a_request_from_then_waits() -> None:
    widget = widget_with(**TOWN_HALL, patience_minutes=24 * 60, waits_for_opening=True)
    call_request = asked(widget, at(1, 17))
    end = call_request.patience_until
    with clock.set_to(at(4, 10)):
        open_periods.replace(widget, at(4, 10))
    change(widget, at(4, 10), opening_hours=WEEK)
    assert times(call_request) == (at(1, 17), end)
