"""Requests by the API: read, listed and cancelled under the same rules as everywhere."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from callbacks.accounts import api_keys
from callbacks.api import problems
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.models import ApiKey, AuditEntry, CallOutcome, ConsentProof, Move, Scope, Status
from tests.support.api import API, caller, check_problem
from tests.support.factories import accept_attempt, accept_one, make_request, make_widget

pytestmark = pytest.mark.django_db

NUMBER, EMAIL = "+33612345678", "jo.marked@example.fr"


def marked(**fields):
    return make_request(number=NUMBER, email=EMAIL, page_url="https://shop.example/", **fields)


def test_a_request_is_told_with_its_attempts() -> None:
    call_request = marked(status=Status.CALLED)
    accept_attempt(call_request, clock.now(), 1)
    told = caller(Scope.READ).get(f"{API}/requests/{call_request.public_id}").json()
    assert told["id"] == call_request.public_id
    assert told["widget"] == call_request.widget.public_id
    assert (told["status"], told["reason"], told["page"]) == (
        "called",
        None,
        "https://shop.example/",
    )
    [attempt] = told["attempts"]
    assert (attempt["number"], attempt["outcome"]) == (1, "accepted")


def test_the_latest_outcome_that_was_reported_is_told() -> None:
    call_request, now = marked(status=Status.CALLED), clock.now().replace(microsecond=0)
    client = caller(Scope.READ)
    assert client.get(f"{API}/requests/{call_request.public_id}").json()["outcome"] is None
    for minutes, status in ((1, "void"), (2, "qualified"), (0, "")):
        CallOutcome.objects.create(
            key=status,
            call_request=call_request,
            received_at=now + timedelta(minutes=minutes),
            reported_at=now,
            status=status,
            duration=42.5,
            tags=["boat", "quote"],
        )
    expected = {"status": "qualified", "duration": 42.5, "tags": ["boat", "quote"]}
    for told in (
        client.get(f"{API}/requests/{call_request.public_id}").json(),
        client.get(f"{API}/requests").json()["requests"][0],
    ):
        assert expected.items() <= told["outcome"].items()
        assert datetime.fromisoformat(told["outcome"]["reported_at"]) == now
    CallOutcome.objects.exclude(status="").delete()
    told = client.get(f"{API}/requests/{call_request.public_id}").json()
    assert told["outcome"]["status"] is None


def test_a_number_is_masked_without_the_scope_for_it() -> None:
    call_request = marked()
    for path in ("/requests", f"/requests/{call_request.public_id}"):
        masked = caller(Scope.READ).get(API + path).content.decode()
        assert "612345678" not in masked
        assert "jo.marked" not in masked
        in_full = caller(Scope.READ, Scope.NUMBERS).get(API + path).content.decode()
        assert NUMBER in in_full
        assert EMAIL in in_full
        for text in (masked, in_full):
            assert call_request.token not in text
            assert call_request.nonce not in text
    answer = caller(Scope.WRITE).post(f"{API}/requests/{call_request.public_id}/cancel")
    assert "612345678" not in answer.content.decode()


def test_an_erased_request_tells_nothing_about_a_person(admin_user) -> None:
    call_request = marked()
    erasure.erase(admin_user, number=NUMBER)
    client = caller(Scope.READ, Scope.NUMBERS)
    told = client.get(f"{API}/requests/{call_request.public_id}").json()
    assert (told["is_erased"], told["number"], told["email"], told["page"]) == (
        True,
        None,
        None,
        None,
    )


def test_a_list_is_read_to_its_end_while_requests_arrive() -> None:
    widget = make_widget()
    same = clock.now()
    ids = [make_request(widget=widget, created_at=same).public_id for _ in range(7)]
    client = caller(Scope.READ)
    query: dict[str, str] = {"limit": "3"}
    seen: list[str] = []
    while True:
        page = client.get(f"{API}/requests", query).json()
        seen += [one["id"] for one in page["requests"]]
        make_request(widget=widget, created_at=same + timedelta(seconds=1))
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == ids[::-1]


def test_a_list_is_filtered() -> None:
    day = datetime(2026, 6, 1, tzinfo=UTC)
    old = make_request(created_at=day)
    new = make_request(created_at=day + timedelta(days=1), status=Status.FAILED)
    client = caller(Scope.READ)

    def ids(**query: str) -> list[str]:
        found = client.get(f"{API}/requests", query).json()["requests"]
        return [one["id"] for one in found]

    assert ids() == [new.public_id, old.public_id]
    assert ids(status="failed") == [new.public_id]
    assert ids(widget=old.widget.public_id) == [old.public_id]
    assert ids(created_from="2026-06-02T00:00:00Z") == [new.public_id]
    assert ids(created_before="2026-06-02T02:00:00+02:00") == [old.public_id]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "9" * 5000},
        {"limit": "ten"},
        {"status": "nothing"},
        {"cursor": "forged"},
        {"cursor": "x" * 3000},
        {"widget": "a\u0001b"},
        {"widget": "é"},
        {"created_from": "yesterday"},
        {"created_from": "2026-06-01T00:00:00"},
        {"created_from": "0001-01-01T00:00:00+14:00"},
        {"created_before": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_a_wrong_filter_is_named(query: dict[str, str]) -> None:
    make_request()
    [(name, value)] = query.items()
    document = check_problem(caller(Scope.READ).get(f"{API}/requests", query), problems.INVALID)
    assert [error["field"] for error in document["errors"]] == [f"query.{name}"]
    assert len(value) < 5 or value not in str(document)


@pytest.mark.parametrize("count", [1, 6])
def test_the_number_of_queries_does_not_grow(count: int) -> None:
    call_requests = [make_request() for _ in range(count)]
    for call_request in call_requests:
        accept_attempt(call_request, clock.now(), 1)
    client = caller(Scope.READ)
    client.get(f"{API}/requests")  # stores the last use
    for path in ("/requests", f"/requests/{call_requests[0].public_id}"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(API + path).status_code == 200
        # The key, the requests, their attempts and outcomes; on PostgreSQL, also the time.
        expected = 4 + (connection.vendor == "postgresql")
        assert len(queries) == expected, [one["sql"] for one in queries]


def test_a_waiting_request_is_cancelled_and_the_consent_stays() -> None:
    call_request = accept_one()
    client = caller(Scope.WRITE, widget=call_request.widget)
    path = f"{API}/requests/{call_request.public_id}/cancel"
    told = client.post(path).json()
    assert (told["status"], told["reason"]) == ("cancelled", "by_api")
    move = Move.objects.get(name="cancel")
    assert (move.actor, move.reason, move.note) == ("api_key", "by_api", "Shop system")
    entry = AuditEntry.objects.get(action="request.cancel")
    assert (entry.person, entry.facts) == (None, {"key": "Shop system"})
    assert [proof.event for proof in ConsentProof.objects.all()] == ["given"]
    assert client.post(path).status_code == 200
    assert Move.objects.filter(name="cancel").count() == 1
    page = Client().get(call_request.get_absolute_url(), headers={"accept-language": "fr"})
    assert "Notre équipe a annulé votre demande." in page.content.decode()


@pytest.mark.parametrize(
    "status", [Status.CALLING, Status.CALLED, Status.UNCERTAIN, Status.FAILED, Status.CANCELLED]
)
def test_what_no_longer_waits_cannot_be_cancelled(status: Status) -> None:
    call_request = make_request(status=status)
    path = f"{API}/requests/{call_request.public_id}/cancel"
    document = check_problem(caller(Scope.WRITE).post(path), problems.TOO_LATE)
    assert status.value in document["detail"]
    call_request.refresh_from_db()
    assert call_request.status == status
    assert not Move.objects.exists()


def test_a_key_that_is_revoked_in_between_keeps_what_it_did() -> None:
    call_request = make_request()
    client = caller(Scope.READ, Scope.WRITE)
    client.post(f"{API}/requests/{call_request.public_id}/cancel")
    api_keys.revoke(ApiKey.objects.get())
    check_problem(client.get(f"{API}/requests/{call_request.public_id}"), problems.KEY_NEEDED)
    assert Move.objects.get().note == "Shop system"
