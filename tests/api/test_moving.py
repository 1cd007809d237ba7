"""A booked call is moved by the API as the visitor would move it."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from callbacks.api import problems
from callbacks.core import clock
from callbacks.intake import accept
from callbacks.intake.rescheduling import MOST_RESCHEDULES
from callbacks.models import AuditEntry, CallRequest, Move, Scope, Status, Widget
from callbacks.scheduling.slots import spelled
from tests.support.api import API, caller, check_problem
from tests.support.concurrency import concurrently
from tests.support.factories import make_request, make_submission
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db


def booked(widget: Widget, start: datetime, index: int = 0) -> CallRequest:
    with clock.set_to(at(1, 20)):
        submission = make_submission(
            widget, when=spelled(start), nonce=f"n{index}", number=f"06123456{index:02}"
        )
        return CallRequest.objects.get(pk=accept.accept(submission).call_request.pk)


def move(client: Client, call_request: CallRequest, body: object, once: str | None = None) -> Any:
    headers = {"Idempotency-Key": once} if once else {}
    with clock.set_to(at(1, 21)):
        path = f"{API}/requests/{call_request.public_id}/move"
        return client.post(path, body, headers=headers)


def test_it_is_moved_and_says_by_which_key() -> None:
    call_request = booked(widget_with(**TOWN_HALL, slot_minutes=30), at(2, 9))
    client = caller(Scope.WRITE)
    for _ in range(2):  # the answer to the first one may have been lost
        told = move(client, call_request, {"when": spelled(at(3, 14))}).json()
        assert datetime.fromisoformat(told["due_at"]) == at(3, 14)
        assert datetime.fromisoformat(told["slot"]["end"]) == at(3, 14, 30)
    row = Move.objects.get()
    assert (row.name, row.actor, row.note) == ("reschedule", "api_key", "Shop system")
    assert AuditEntry.objects.get(action="request.reschedule").facts["key"] == "Shop system"
    page = Client().get(call_request.get_absolute_url())
    assert page.status_code == 200


def test_a_full_slot_is_not_given_twice() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=1)
    booked(widget, at(2, 9), 1)
    second = booked(widget, at(2, 10), 2)
    answer = move(caller(Scope.WRITE), second, {"when": spelled(at(2, 9))})
    document = check_problem(answer, problems.INVALID)
    assert [error["field"] for error in document["errors"]] == ["body.when"]
    second.refresh_from_db()
    assert second.slot_start == at(2, 10)
    assert not AuditEntry.objects.filter(action="request.reschedule").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.when"),
        ({"when": None}, "body.when"),
        ({"when": 7}, "body.when"),
        ({"when": "yesterday"}, "body.when"),
        ({"when": "now"}, "body.when"),
        ({"when": "x" * 5000}, "body.when"),
        ({"when": "\u0000"}, "body.when"),
        ({"when": "\ud800"}, "body.when"),
        ({"when": "9999-12-31T23:59:59Z"}, "body.when"),
        ({"when": ["opening"]}, "body.when"),
        ({"when": "opening", "secret_name": 1}, "body.secret_name"),
        ({"when": "opening", "+33612345678": 1}, "body"),
        ({"when": "opening", "n0612345678": 1}, "body"),
        ({"when": "opening", "a" * 31: 1}, "body"),
        ("[1]", "body"),
        ("null", "body"),
    ],
)
def test_a_wrong_body_changes_nothing(body: object, field: str) -> None:
    call_request = booked(widget_with(**TOWN_HALL), at(2, 9))
    document = check_problem(move(caller(Scope.WRITE), call_request, body), problems.INVALID)
    assert [error["field"] for error in document["errors"]] == [field]
    assert "612345678" not in str(document)
    assert not Move.objects.exists()


@pytest.mark.parametrize(
    ("language", "taken", "unread", "often"),
    [
        ("en", "Somebody else has", "Choose when we", "The time of this call has already"),
        ("fr", "Quelqu’un vient", "Choisissez quand", "L’heure de cet appel a déjà"),
    ],
)
def test_a_refusal_is_in_the_language_of_the_request(
    language: str, taken: str, unread: str, often: str
) -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=1)
    booked(widget, at(2, 9), 1)
    second = booked(widget, at(2, 10), 2)
    CallRequest.objects.update(language=language)
    client = caller(Scope.WRITE)
    for when, begins, code in (
        (spelled(at(2, 9)), taken, "full"),
        ("yesterday", unread, "when"),
        ("now", unread, "when"),
    ):
        [error] = check_problem(move(client, second, {"when": when}), problems.INVALID)["errors"]
        assert error["detail"].startswith(begins)
        assert error["code"] == code
    for index in range(MOST_RESCHEDULES):
        answer = move(client, second, {"when": spelled(at(3, 10 + index % 2))})
        assert answer.status_code == 200
    answer = move(client, second, {"when": spelled(at(3, 14))})
    assert check_problem(answer, problems.MOVED_TOO_OFTEN)["detail"].startswith(often)


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b'{"when": "\xff"}', b"[" * 50_000, b"NaN,", b"{'when': 1}"]
)
def test_a_body_that_is_no_json_changes_nothing(body: bytes) -> None:
    call_request = booked(widget_with(**TOWN_HALL), at(2, 9))
    check_problem(move(caller(Scope.WRITE), call_request, body), problems.UNREADABLE)
    assert not Move.objects.exists()


@pytest.mark.parametrize("status", list(Status))
def test_what_has_no_later_time_is_not_moved(status: Status) -> None:
    call_request = make_request(status=status)
    answer = move(caller(Scope.WRITE), call_request, {"when": "opening"})
    check_problem(answer, problems.TOO_LATE)
    assert not Move.objects.exists()


def test_it_is_moved_a_few_times_only() -> None:
    call_request = booked(widget_with(**TOWN_HALL, slot_minutes=30), at(2, 9))
    client = caller(Scope.WRITE)
    answers = [
        move(client, call_request, {"when": spelled(at(3, 10 + index % 2))})
        for index in range(MOST_RESCHEDULES + 1)
    ]
    check_problem(answers[-1], problems.MOVED_TOO_OFTEN)
    assert Move.objects.count() == MOST_RESCHEDULES


def test_another_scope_does_not_move() -> None:
    call_request = booked(widget_with(**TOWN_HALL), at(2, 9))
    answer = move(caller(Scope.READ), call_request, {"when": "opening"})
    check_problem(answer, problems.SCOPE_MISSING)


@pytest.mark.django_db(transaction=True)
def test_of_two_cancellations_at_once_one_is_made() -> None:
    call_request = make_request()
    client = caller(Scope.WRITE)
    path = f"{API}/requests/{call_request.public_id}/cancel"
    answers = concurrently(4, lambda _index: client.post(path).status_code)
    assert set(answers) == {200}
    assert Move.objects.filter(name="cancel").count() == 1


def test_a_move_that_is_sent_again_changes_nothing_after_the_visitor_chose_another_time() -> None:
    call_request = booked(widget_with(**TOWN_HALL, slot_minutes=30), at(2, 9))
    client = caller(Scope.WRITE)
    wanted = {"when": spelled(at(3, 14))}
    assert move(client, call_request, wanted, "move-1").status_code == 200
    assert move(client, call_request, {"when": spelled(at(3, 10))}).status_code == 200
    again = move(client, call_request, wanted, "move-1")
    assert again.status_code == 200
    assert datetime.fromisoformat(again.json()["due_at"]) == at(3, 10)
    other = move(client, call_request, {"when": spelled(at(3, 11))}, "move-1")
    check_problem(other, problems.IDEMPOTENCY_KEY_REUSED)
    call_request.refresh_from_db()
    assert call_request.due_at == at(3, 10)
    assert move(client, call_request, wanted, "move-2").status_code == 200
    assert Move.objects.count() == 3


def test_a_move_to_where_the_call_is_already_counts_as_carried_out() -> None:
    call_request = booked(widget_with(**TOWN_HALL, slot_minutes=30), at(2, 9))
    client = caller(Scope.WRITE)
    assert move(client, call_request, {"when": spelled(at(2, 9))}, "m").status_code == 200
    assert move(client, call_request, {"when": spelled(at(3, 10))}).status_code == 200
    move(client, call_request, {"when": spelled(at(2, 9))}, "m")
    call_request.refresh_from_db()
    assert call_request.due_at == at(3, 10)


def test_a_refused_move_does_not_use_its_key_up() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=1)
    first, second = booked(widget, at(2, 9), 1), booked(widget, at(2, 10), 2)
    client = caller(Scope.WRITE)
    wanted = {"when": spelled(at(2, 9))}
    check_problem(move(client, second, wanted, "m"), problems.INVALID)
    assert client.post(f"{API}/requests/{first.public_id}/cancel").status_code == 200
    assert move(client, second, wanted, "m").status_code == 200


@pytest.mark.parametrize("once", ["a b", "x" * 256])
def test_a_wrong_key_of_a_move_or_cancellation_is_refused(once: str) -> None:
    call_request = booked(widget_with(**TOWN_HALL), at(2, 9))
    client = caller(Scope.WRITE)
    answer = move(client, call_request, {"when": "opening"}, once)
    check_problem(answer, problems.IDEMPOTENCY_KEY_NEEDED)
    path = f"{API}/requests/{call_request.public_id}/cancel"
    answer = client.post(path, headers={"Idempotency-Key": once})
    check_problem(answer, problems.IDEMPOTENCY_KEY_NEEDED)
    assert not Move.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_the_same_moves_at_once_one_is_made() -> None:
    call_request = booked(widget_with(**TOWN_HALL, slot_minutes=30), at(2, 9))
    client = caller(Scope.WRITE)
    wanted = {"when": spelled(at(3, 14))}
    answers = concurrently(4, lambda _index: move(client, call_request, wanted, "m").status_code)
    assert answers == [200] * 4
    assert Move.objects.count() == 1
