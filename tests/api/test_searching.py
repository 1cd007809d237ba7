"""Requests are found by public ID, and by number or email with the scope that shows them."""

import logging
from typing import Any

import pytest

from callbacks.api import problems
from callbacks.models import Scope, Status
from tests.support.api import API, caller, check_problem
from tests.support.factories import accept_vouched, make_request, make_widget

pytestmark = pytest.mark.django_db

SEARCH = f"{API}/requests/search"


def found(*scopes: Scope, sent: dict[str, Any], **fields: Any) -> list[str]:
    answer = caller(*scopes, **fields).post(SEARCH, sent)
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["requests"]]


@pytest.mark.long
def test_it_finds_by_number_in_any_spelling_email_and_identifier() -> None:
    call_request = make_request(number="+33612345678", email="Jo@example.fr")
    make_request()
    other = accept_vouched(number="0612345679", email=" client 7", is_identifier=True)
    both = (Scope.READ, Scope.NUMBERS)
    for sent in (
        {"number": "06 12 34 56 78"},
        {"number": "+33 6 12 34 56 78"},
        {"email": "jo@example.fr"},
        {"number": "0612345678", "email": "JO@example.fr", "status": "queued"},
        {"number": "0612345678", "widget": call_request.widget.public_id},
    ):
        assert found(*both, sent=sent) == [call_request.public_id]
    assert found(*both, sent={"identifier": " client 7"}) == [other.public_id]
    for sent in (
        {"number": "0612345678", "email": "other@example.fr"},
        {"number": "0612345678", "status": "failed"},
        {"number": "nothing"},
        {"email": "nobody"},
        {"number": "0612345678", "id": other.public_id},
    ):
        assert found(*both, sent=sent) == []


def test_it_finds_by_public_id_without_seeing_numbers() -> None:
    call_request = make_request(status=Status.CALLED)
    make_request()
    assert found(Scope.READ, sent={"id": call_request.public_id}) == [call_request.public_id]
    assert found(Scope.READ, sent={"id": "NOTHING"}) == []


@pytest.mark.parametrize("wanted", [{"number": "0612345678"}, {"email": "a"}, {"identifier": "a"}])
def test_to_search_a_number_needs_the_scope_to_see_it(wanted: dict[str, str]) -> None:
    make_request(number="+33612345678")
    check_problem(caller(Scope.READ).post(SEARCH, wanted), problems.SCOPE_MISSING)
    check_problem(caller(Scope.NUMBERS).post(SEARCH, wanted), problems.SCOPE_MISSING)


def test_a_key_of_one_widget_finds_in_no_other() -> None:
    make_request(number="+33612345678")
    sent = {"number": "0612345678"}
    assert found(Scope.READ, Scope.NUMBERS, sent=sent, widget=make_widget()) == []


def test_it_has_pages() -> None:
    widget = make_widget()
    made = [make_request(widget=widget).public_id for _ in range(5)]
    client, seen = caller(Scope.READ), []
    sent: dict[str, Any] = {"widget": widget.public_id, "limit": 2}
    while True:
        page = client.post(SEARCH, sent).json()
        seen += [one["id"] for one in page["requests"]]
        if page["next_cursor"] is None:
            break
        sent["cursor"] = page["next_cursor"]
    assert seen == made[::-1]
    [error] = check_problem(client.post(SEARCH, {"cursor": "x"}), problems.INVALID)["errors"]
    assert error["field"] == "body.cursor"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"number": 612345678}, "body.number"),
        ({"number": ""}, "body.number"),
        ({"number": "\ud800"}, "body.number"),
        ({"id": "\u0000"}, "body.id"),
        ({"status": "waiting"}, "body.status"),
        ({"limit": "5"}, "body.limit"),
        ({"limit": 10**30}, "body.limit"),
        ({"created_from": 5}, "body.created_from"),
        ({"created_from": "2026-01-01"}, "body.created_from"),
        ({"q": "x"}, "body.q"),
    ],
)
def test_a_wrong_search_is_refused(sent: dict[str, Any], field: str) -> None:
    answer = caller(Scope.READ, Scope.NUMBERS).post(SEARCH, sent)
    [error] = check_problem(answer, problems.INVALID)["errors"]
    assert error["field"] == field


def test_no_number_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = caller(Scope.READ, Scope.NUMBERS)
    client.post(SEARCH, {"number": "06 12 34 56 78", "email": "jo@example.fr"})
    client.post(SEARCH, {"number": "06 12 34 56 78", "limit": 0})
    assert "12 34 56 78" not in caplog.text
    assert "jo@example.fr" not in caplog.text


def test_a_page_shows_no_email_to_a_key_that_may_not_see_it() -> None:
    page = "https://shop.example/?utm_term=jo@example.fr"
    call_request = make_request(page_url=page, email="jo@example.fr")
    path = f"{API}/requests/{call_request.public_id}"
    assert "jo@example.fr" not in caller(Scope.READ).get(path).content.decode()
    assert caller(Scope.READ, Scope.NUMBERS).get(path).json()["page"] == page
