"""Marking as called, cancelling and closing: each asks first and leaves the person's name."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from callbacks.lifecycle import transitions
from callbacks.models import Actor, Move, Status
from callbacks.staff.requests.actions import STAFF_ACTIONS
from tests.support.factories import make_request
from tests.support.staff.pages import (
    action_url,
    ask,
    confirm,
    fields_of,
    page_of,
    select,
    signed_in,
)

pytestmark = pytest.mark.django_db

# "Confirm" is for bookings alone: see test_confirm_bookings.
MOVES = {
    name: action for name, action in STAFF_ACTIONS.items() if action.move and name != "confirm"
}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("mark_called", Status.UNCERTAIN, Status.CALLED),
        ("mark_called", Status.QUEUED, Status.CALLED),
        ("cancel", Status.QUEUED, Status.CANCELLED),
        ("close", Status.FAILED, Status.CANCELLED),
        ("close", Status.UNCERTAIN, Status.CANCELLED),
    ],
)
def test_the_move_is_made_once_confirmed(
    agent: User, name: str, before: Status, after: Status
) -> None:
    client = signed_in(agent)
    call_request = make_request(status=before)
    shown = ask(client, name, call_request)
    call_request.refresh_from_db()
    assert call_request.status == before
    (message,) = confirm(client, name, shown, note="as agreed")
    assert message.startswith("1 request is ")
    call_request.refresh_from_db()
    assert call_request.status == after
    move = Move.objects.get()
    assert (move.name, move.person, move.note) == (name, agent, "as agreed")


@pytest.mark.parametrize("status", Status)
def test_the_page_offers_what_the_lifecycle_allows(staff: Client, status: Status) -> None:
    call_request = make_request(status=status)
    html = staff.get(page_of(call_request)).content.decode()
    for name, action in MOVES.items():
        allowed = transitions.may(call_request, action.move, Actor.STAFF)  # type: ignore[arg-type]
        assert (action_url(name) in html) is allowed


@pytest.mark.parametrize("name", MOVES)
def test_in_the_list_what_does_not_fit_is_left_alone(staff: Client, name: str) -> None:
    requests = [make_request(status=status) for status in Status]
    fit = {r.pk for r in requests if STAFF_ACTIONS[name].may_be_done(r)}
    shown = fields_of(select(staff, name, *requests), action_url(name))
    confirm(staff, name, shown, confirmed="on")
    assert set(Move.objects.values_list("call_request_id", flat=True)) == fit


def test_too_long_a_note_is_told_and_changes_nothing(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED)
    answer = staff.post(
        action_url("close"), ask(staff, "close", call_request) | {"note": ["x" * 501]}
    )
    assert answer.status_code == 200
    assert "at most 500 characters" in answer.content.decode()
    call_request.refresh_from_db()
    assert call_request.status == Status.FAILED


def test_a_note_is_added_by_its_own_form(staff: Client) -> None:
    call_request = make_request()
    address = f"{page_of(call_request).removesuffix('change/')}note/"
    staff.post(address, {"text": " <b>Call after six</b> "})
    staff.post(address, {"text": "   "})
    assert [note.text for note in call_request.notes.all()] == ["<b>Call after six</b>"]
    assert "&lt;b&gt;Call after six&lt;/b&gt;" in staff.get(page_of(call_request)).content.decode()
