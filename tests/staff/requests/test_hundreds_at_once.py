"""Acting on hundreds of requests: all are dealt with, whatever happens to one of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from callbacks.core import clock
from callbacks.dispatch import place_next
from callbacks.dispatch.place_call import PlaceResult
from callbacks.lifecycle import transitions
from callbacks.models import CallRequest, Move, Status, Widget
from callbacks.staff.requests.actions import MOST
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import LIST, action_url, confirm, fields_of, messages_on, select

pytestmark = pytest.mark.django_db


def make_many(count: int) -> list[CallRequest]:
    first = make_request(status=Status.FAILED, widget=make_widget())
    copies = []
    for number in range(1, count):
        copy = CallRequest.objects.get(pk=first.pk)
        copy.pk, copy.token, copy.nonce = None, f"token-{number}", f"many-{number}"
        copy.public_id = f"PUBLIC{number}"
        copies.append(copy)
    return [first, *CallRequest.objects.bulk_create(copies)]


def place_all_that_may(api: FakeApi) -> int:
    """Lets a worker go on until pacing, or an empty queue, stops it; how many were called."""
    before = len(api.calls)
    while place_next(api) is PlaceResult.WORKED:  # type: ignore[arg-type]
        pass
    return len(api.calls) - before


@pytest.mark.slow
def test_three_hundred_are_queued_again_and_called_at_the_pace(
    staff: Client, settings: Any
) -> None:
    settings.PACE_CALLS, settings.PACE_SECONDS = 40, 10
    requests = make_many(300)
    assert [call_request.status for call_request in requests] == [Status.FAILED] * 300
    shown = fields_of(select(staff, "retry", *requests), action_url("retry"))
    start, api = clock.now(), FakeApi()
    with clock.set_to(start):
        assert confirm(staff, "retry", shown) == ["300 requests are back in the queue."]
        assert Move.objects.filter(name="retry").count() == 300
        assert place_all_that_may(api) == 40
    called = []
    for second in (9, 10, 19, 20, 30, 40, 50, 60, 70):
        with clock.set_to(start + timedelta(seconds=second)):
            called.append(place_all_that_may(api))
    assert called == [0, 40, 0, 40, 40, 40, 40, 40, 20]
    assert CallRequest.objects.filter(status=Status.CALLED).count() == 300


@pytest.mark.long
def test_a_widgets_own_pace_holds_for_them_too(staff: Client) -> None:
    requests = make_many(60)
    Widget.objects.update(calls_per_minute=7)
    shown = fields_of(select(staff, "retry", *requests), action_url("retry"))
    start, api = clock.now(), FakeApi()
    with clock.set_to(start):
        confirm(staff, "retry", shown)
        assert place_all_that_may(api) == 7
    with clock.set_to(start + timedelta(seconds=60)):
        assert place_all_that_may(api) == 7


def test_all_that_a_filter_finds_can_be_chosen(staff: Client) -> None:
    requests = make_many(120)
    make_request(status=Status.UNCERTAIN)
    data = {
        "action": "close",
        "index": "0",
        "select_across": "1",
        "_selected_action": [requests[0].pk],
    }
    html = staff.post(f"{LIST}?status__exact=failed", data).content.decode()
    assert len(fields_of(html, action_url("close"))["seen"]) == 120


@pytest.mark.minutes
def test_three_thousand_are_refused_with_a_sentence(staff: Client) -> None:
    make_many(3000)
    data = {"action": "retry", "index": "0", "select_across": "1", "_selected_action": ["1"]}
    answer = staff.post(f"{LIST}?status__exact=failed", data, follow=True)
    (told,) = messages_on(answer.content.decode())
    assert told.startswith(f"Nothing was changed: you selected more than {MOST} requests.")
    seen = [f"{number}:failed:0" for number in range(1, MOST + 2)]
    assert confirm(staff, "retry", {"seen": seen}) == [
        "Nothing was changed. Select the requests again."
    ]
    assert not Move.objects.exists()


@pytest.mark.thorough
def test_as_many_as_may_be_are_all_shown_and_all_done(staff: Client) -> None:
    make_many(MOST)
    data = {"action": "close", "index": "0", "select_across": "1", "_selected_action": ["1"]}
    html = staff.post(LIST, data).content.decode()
    assert f"Close: {MOST} requests" in html
    told = confirm(staff, "close", fields_of(html, action_url("close")))
    assert told == [f"{MOST} requests are closed."]


def test_a_database_that_goes_away_midway_leaves_clear_words(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = make_many(4)
    shown = fields_of(select(staff, "close", *requests), action_url("close"))
    make, calls = transitions.transition, []

    def make_or_break(call_request: CallRequest, *args: Any, **kwargs: Any) -> bool:
        calls.append(call_request.pk)
        if len(calls) == 3:
            raise OperationalError("database is locked")
        return make(call_request, *args, **kwargs)

    monkeypatch.setattr(transitions, "transition", make_or_break)
    done, broken = confirm(staff, "close", shown)
    assert done == "2 requests are closed."
    assert broken.startswith("The database is unavailable. Try again")
    assert f"{requests[2]}, {requests[3]}" in broken
    assert len(calls) == 3  # nobody waits for the same database again
    assert Move.objects.count() == 2


def test_a_request_that_is_gone_by_then_does_not_hold_up_the_others(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = make_many(3)
    shown = fields_of(select(staff, "close", *requests), action_url("close"))
    make, calls = transitions.transition, []

    def make_or_miss(call_request: CallRequest, *args: Any, **kwargs: Any) -> bool:
        calls.append(call_request.pk)
        if len(calls) == 1:
            raise CallRequest.DoesNotExist
        return make(call_request, *args, **kwargs)

    monkeypatch.setattr(transitions, "transition", make_or_miss)
    told = confirm(staff, "close", shown)
    assert told == ["2 requests are closed.", "Some of the requests no longer exist."]
