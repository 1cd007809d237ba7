"""Trying again: asked first, recorded with the person, and never behind anybody's back."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from callbacks.core import clock
from callbacks.lifecycle import blocking
from callbacks.models import CallRequest, Move, Status
from callbacks.staff.requests.actions import RETRY
from tests.support.factories import accept_one, make_request
from tests.support.hours import december
from tests.support.staff.pages import (
    LIST,
    action_url,
    ask,
    confirm,
    messages_on,
    page_of,
    select,
    signed_in,
)
from tests.support.staff.pages import fields_of as fields

pytestmark = pytest.mark.django_db

TICKED = {"confirmed": "on"}


def test_a_failed_request_is_queued_again_and_the_person_recorded(agent: User) -> None:
    client = signed_in(agent)
    call_request = make_request(status=Status.FAILED, reason="refused", attempts_made=2)
    shown = ask(client, "retry", call_request)
    call_request.refresh_from_db()
    assert call_request.status == Status.FAILED  # asking changes nothing
    assert confirm(client, "retry", shown, note="They called us") == [
        "1 request is back in the queue."
    ]
    call_request.refresh_from_db()
    assert (call_request.status, call_request.retried_by) == (Status.QUEUED, agent)
    move = Move.objects.get()
    assert (move.name, move.person, move.note) == ("retry", agent, "They called us")


def test_afterwards_one_is_back_on_the_page_one_came_from(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED)
    answer = staff.post(action_url("retry"), ask(staff, "retry", call_request))
    assert answer["Location"] == page_of(call_request)
    again = make_request(status=Status.FAILED)
    data = {"action": "retry", "index": "0", "_selected_action": [again.pk]}
    html = staff.post(f"{LIST}?status__exact=failed", data).content.decode()
    answer = staff.post(action_url("retry"), fields(html, action_url("retry")))
    assert answer["Location"] == f"{LIST}?status__exact=failed"


@pytest.mark.parametrize("status", [Status.UNCERTAIN, Status.CALLED])
def test_who_may_have_been_called_needs_an_extra_tick(staff: Client, status: Status) -> None:
    call_request = make_request(status=status, attempts_made=1)
    html = staff.get(action_url("retry"), {"request": call_request.pk}).content.decode()
    assert "The phone may ring a second time." in html
    assert 'name="confirmed"' in html
    shown = fields(html, action_url("retry"))

    answer = staff.post(action_url("retry"), shown | {"note": ["x" * 20]})
    assert answer.status_code == 200
    assert "This field is required." in answer.content.decode()
    assert "x" * 20 in answer.content.decode()
    call_request.refresh_from_db()
    assert call_request.status == status

    assert confirm(staff, "retry", shown, **TICKED) == ["1 request is back in the queue."]
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED


def test_a_failed_request_needs_no_extra_tick(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED)
    html = staff.get(action_url("retry"), {"request": call_request.pk}).content.decode()
    assert 'name="confirmed"' not in html


def test_in_the_list_the_page_says_which_ones_may_have_been_called(staff: Client) -> None:
    failed = make_request(status=Status.FAILED)
    uncertain = make_request(status=Status.UNCERTAIN)
    waiting = make_request(status=Status.QUEUED)
    html = select(staff, "retry", failed, uncertain, waiting)
    care = html[html.index('class="staff-care"') : html.index("<details")]
    assert page_of(uncertain) in care
    assert page_of(failed) not in care
    shown = fields(html, action_url("retry"))
    assert len(shown["seen"]) == 2  # the waiting one is shown as left out
    assert page_of(waiting) in html
    assert confirm(staff, "retry", shown, **TICKED) == ["2 requests are back in the queue."]


def test_the_second_of_two_people_is_told(chief: User, agent: User) -> None:
    call_request = make_request(status=Status.FAILED)
    one, two = signed_in(chief), signed_in(agent)
    shown_to_one, shown_to_two = ask(one, "retry", call_request), ask(two, "retry", call_request)
    assert confirm(one, "retry", shown_to_one) == ["1 request is back in the queue."]
    (message,) = confirm(two, "retry", shown_to_two)
    assert "changed in the meantime" in message
    assert "Waiting" in message
    assert Move.objects.get().person == chief


def test_what_became_uncertain_meanwhile_is_not_retried_unasked(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED, attempts_made=1)
    shown = ask(staff, "retry", call_request)
    CallRequest.objects.filter(pk=call_request.pk).update(status=Status.UNCERTAIN, attempts_made=2)
    (message,) = confirm(staff, "retry", shown, **TICKED)
    assert "changed in the meantime" in message
    call_request.refresh_from_db()
    assert call_request.status == Status.UNCERTAIN


def test_another_attempt_since_is_a_change_too(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED, attempts_made=1)
    shown = ask(staff, "retry", call_request)
    CallRequest.objects.filter(pk=call_request.pk).update(attempts_made=2)
    assert "changed in the meantime" in confirm(staff, "retry", shown)[0]
    assert not Move.objects.exists()


def test_a_cancelled_request_cannot_be_retried(staff: Client) -> None:
    call_request = make_request(status=Status.CANCELLED)
    assert action_url("retry") not in staff.get(page_of(call_request)).content.decode()
    html = staff.get(action_url("retry"), {"request": call_request.pk}).content.decode()
    assert "Nothing to do" in html
    (message,) = confirm(staff, "retry", {"seen": [f"{call_request.pk}:cancelled:0"]})
    assert "not possible" in message
    call_request.refresh_from_db()
    assert call_request.status == Status.CANCELLED


def test_a_request_that_is_gone_is_told(staff: Client) -> None:
    assert "no longer exist" in confirm(staff, "retry", {"seen": ["987654:failed:0"]})[0]
    answer = staff.get(action_url("retry"), {"request": "987654"}, follow=True)
    assert "no longer exists" in messages_on(answer.content.decode())[0]


@pytest.mark.parametrize(
    "seen",
    ["", "abc", "1:failed", "1:nonsense:0", "1:failed:x", "9" * 40 + ":failed:0", "-1:failed:-1"],
)
def test_a_broken_confirmation_does_nothing(staff: Client, seen: str) -> None:
    call_request = make_request(status=Status.FAILED)
    answer = staff.post(
        action_url("retry"), {"seen": [f"{call_request.pk}:failed:0", seen]}, follow=True
    )
    assert answer.status_code == 200
    call_request.refresh_from_db()
    assert call_request.status == Status.FAILED


def test_an_unknown_action_is_not_found(staff: Client) -> None:
    assert staff.get(action_url("explode")).status_code == 404
    assert staff.post(action_url("explode")).status_code == 404


def withdrawn(index: int, **fields: object) -> CallRequest:
    """A request whose visitor asked for no more calls, and undid that, while it was called."""
    call_request = accept_one(index)
    CallRequest.objects.filter(pk=call_request.pk).update(status=Status.CALLING)
    call_request.refresh_from_db()
    blocking.never_again(call_request)
    CallRequest.objects.filter(pk=call_request.pk).update(**fields)
    call_request.refresh_from_db()
    assert blocking.undo_never_again(call_request)
    return call_request


@pytest.mark.parametrize("status", [Status.FAILED, Status.UNCERTAIN, Status.CALLED])
def test_who_has_withdrawn_their_consent_is_not_offered_for_a_retry(
    staff: Client, status: Status
) -> None:
    call_request = withdrawn(1, status=status)
    page = staff.get(page_of(call_request))
    assert RETRY not in [action for action, _address in page.context["buttons"]]
    assert "cannot be retried" in page.content.decode()
    html = staff.get(action_url("retry"), {"request": call_request.pk}).content.decode()
    assert "1 request is not retried: the visitor has withdrawn their consent" in html
    assert 'name="seen"' not in html


def test_retry_all_counts_and_takes_only_who_still_wants_a_call(staff: Client) -> None:
    wanted = make_request(status=Status.FAILED)
    withdrawn(2, status=Status.FAILED)
    card = staff.get(reverse("admin:index")).context["to_do"][1]
    assert (card.value, card.button.label) == ("2", "Retry 1")
    page = staff.get(card.button.address)
    assert [row for row, _number, _badge in page.context["rows"]] == [wanted]
    assert staff.get(card.address).context["retry_all"].label == "Retry 1"


def test_a_consent_withdrawn_while_the_page_was_open_is_told(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED)
    shown = ask(staff, "retry", call_request)
    blocking.never_again(call_request)
    (message,) = confirm(staff, "retry", shown)
    assert message == (
        f"Not retried, because the visitor has withdrawn their consent: {call_request}."
    )
    assert not Move.objects.exists()


def test_outside_the_opening_hours_the_page_says_when_the_call_comes(staff: Client) -> None:
    closed = december.widget_with(**december.TOWN_HALL)
    fields_of_request: dict[str, Any] = {"status": Status.FAILED, "consumer_zone": "Europe/Paris"}
    call_request = make_request(widget=closed, **fields_of_request)
    with clock.set_to(december.at(1, 20)):
        html = staff.get(action_url("retry"), {"request": call_request.pk}).text
        sentence = "1 person cannot be called now, because it is outside the opening hours."
        assert sentence in " ".join(html.split())
    with clock.set_to(december.at(2, 10)):
        html = staff.get(action_url("retry"), {"request": call_request.pk}).text
        assert "outside the opening hours" not in html


def test_what_can_never_be_called_is_not_retried_and_the_person_is_told(staff: Client) -> None:
    never = december.widget_with(opening_hours="2026 Nov 30 09:00-12:00")
    call_request = make_request(widget=never, status=Status.FAILED)
    shown = ask(staff, "retry", call_request)
    with clock.set_to(december.at(1, 10)):
        [message] = confirm(staff, "retry", shown)
    assert message.startswith("Not retried, because the widget has no opening hours ahead: ")
    call_request.refresh_from_db()
    assert call_request.status == Status.FAILED
