"""A company's own system creates requests: through the same intake as the form, and once."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from callbacks.abuse import block_list
from callbacks.api import problems
from callbacks.consent import verification
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.intake import accept, correction, request_form
from callbacks.models import (
    BlockKind,
    CallRequest,
    ConsentEvent,
    ConsentProof,
    ConsentText,
    IdempotentCall,
    LimitHit,
    Scope,
    Status,
    Widget,
)
from callbacks.scheduling.slots import spelled
from tests.support.api import API, JsonClient, caller, check_problem
from tests.support.concurrency import concurrently
from tests.support.factories import accept_vouched, make_submission, make_widget
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

TEXT = "Oui, rappelez-moi au sujet de mon devis."
NUMBER = "+33612345678"


def body(shown_by: Widget, **fields: Any) -> dict[str, Any]:
    given_at = (clock.now() - timedelta(days=30)).isoformat()
    known = {
        "widget": shown_by.public_id,
        "number": "06 12 34 56 78",
        "email": "Jo.Visitor@example.fr",
        "consent": {"text": TEXT, "given_at": given_at},
    }
    return {name: value for name, value in (known | fields).items() if value is not ...}


def send(client: JsonClient, sent: object, key: str | None = "order-1") -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return client.post(f"{API}/requests", sent, headers=headers)


def nothing_is_stored() -> bool:
    stored = (CallRequest, ConsentProof, LimitHit, IdempotentCall)
    return not any(model.objects.exists() for model in stored)


def test_it_is_created_as_a_form_would_be(settings: Any) -> None:
    widget = make_widget(campaign_names=["gclid"])
    page = "https://crm.example/lead?utm_source=fair&gclid=A1"
    sent = body(widget, language="en", page=f"{page}&secret=1#part")
    answer = send(caller(Scope.WRITE), sent)
    assert answer.status_code == 201
    row = CallRequest.objects.get()
    told = answer.json()
    due_at = datetime.fromisoformat(told.pop("due_at"))
    assert timedelta(0) <= row.due_at - due_at < timedelta(milliseconds=1)
    assert told == {
        "id": row.public_id,
        "status": "queued",
        "status_url": f"{settings.PUBLIC_URL}/r/{row.token}/",
    }
    assert (str(row.number), row.email) == (NUMBER, "Jo.Visitor@example.fr")
    assert (row.language, row.address, row.widget) == ("en", "", widget)
    assert row.page_url == page
    assert row.campaign == {"utm_source": "fair", "gclid": "A1"}
    assert LimitHit.objects.count() == 3
    assert Client().get(row.get_absolute_url()).status_code == 200


def test_the_consent_is_vouched_for_and_was_not_shown_by_us() -> None:
    sent = body(make_widget())
    send(caller(Scope.WRITE), sent)
    row, proof = CallRequest.objects.get(), ConsentProof.objects.get()
    given_at = datetime.fromisoformat(sent["consent"]["given_at"])
    assert (proof.event, proof.at) == (ConsentEvent.VOUCHED, row.created_at)
    assert (proof.claimed_at, row.consent_at) == (given_at, given_at)
    assert proof.text_sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert proof.vouched_by is not None
    assert proof.vouched_by.name == "Shop system"
    assert (row.consent_text, proof.text) == ("", None)
    assert not ConsentText.objects.exists()
    [result] = verification.results()
    assert result.problems == []
    assert {"event", "time", "vouched", "number", "email"} <= set(result.verified)


@pytest.mark.parametrize("identifier", ["client-4711", " Ünïcode  ID ", "x" * 254, "a@b", "=1+1"])
def test_an_identifier_is_kept_byte_for_byte(identifier: str) -> None:
    sent = body(make_widget(email_required=True), email=..., identifier=identifier)
    client = caller(Scope.WRITE)
    first = send(client, sent)
    assert first.status_code == 201, first.content
    assert CallRequest.objects.get().email == identifier
    assert send(client, sent).json() == first.json()


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"number": "06 12"}, "body.number", "too_short"),
        ({"number": "+44 20 7946 0958"}, "body.number", "foreign"),
        ({"number": "jo@example.fr"}, "body.number", "email"),
        ({"number": ...}, "body.number", None),
        ({"number": 33612345678}, "body.number", None),
        ({"number": 10**400}, "body.number", None),
        ({"number": "\u0000"}, "body.number", "characters"),
        ({"number": "\ud800"}, "body.number", None),
        ({"number": "6" * 101}, "body.number", "too_long"),
        ({"number": ""}, "body.number", "empty"),
        ({"email": "x" * 301}, "body.email", "email"),
        ({"email": "nobody"}, "body.email", "email"),
        ({"email": ["jo@example.fr"]}, "body.email", None),
        ({"identifier": "client-1"}, "body.identifier", None),
        ({"email": ..., "identifier": "a\nb"}, "body.identifier", None),
        (
            {"email": ..., "identifier": "a\u0000b"},
            "body.identifier",
            None,
        ),
        ({"email": ..., "identifier": "x" * 255}, "body.identifier", None),
        ({"email": ..., "identifier": "\udfff"}, "body.identifier", None),
        ({"language": "tlh"}, "body.language", None),
        ({"widget": "nothing"}, "body.widget", None),
        ({"widget": "\u0000"}, "body.widget", None),
        ({"when": "tomorrow"}, "body.when", "when"),
        ({"when": "2026-06-01T07:00:00Z"}, "body.when", None),
        ({"page": "javascript:alert(1)"}, "body.page", None),
        ({"page": "/lead"}, "body.page", None),
        ({"consent": ...}, "body.consent", None),
        ({"consent": True}, "body.consent", None),
        ({"topic": "sales"}, "body.topic", None),
        ({"topic": 1}, "body.topic", None),
        ({"token": "x"}, "body.token", None),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_stored(
    fields: dict[str, Any], field: str, code: str | None
) -> None:
    answer = send(caller(Scope.WRITE), body(make_widget(), **fields))
    document = check_problem(answer, problems.INVALID)
    [error] = document["errors"]
    assert error["field"] == field
    if code is not None:
        assert error["code"] == code
    assert "612345678" not in str(document)
    assert "example.fr" not in str(document)
    assert nothing_is_stored()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_the_visitor_typed_is_refused_in_their_language_however_long_it_is(
    language: str,
) -> None:
    typed = {"number": "6" * 5000, "email": "x" * 5000}
    sent = body(make_widget(), language=language, **typed)
    document = check_problem(send(caller(Scope.WRITE), sent), problems.INVALID)
    refused = request_form.RequestForm(typed | {"consent": "on"}, widget=make_widget())
    with translation.override(language):
        sentences = {f"body.{name}": str(errors[0]) for name, errors in refused.errors.items()}
    assert {one["field"]: one["detail"] for one in document["errors"]} == sentences
    assert sentences.keys() == {"body.number", "body.email"}


@pytest.mark.parametrize(
    "consent",
    [
        {"text": "", "given_at": "2026-01-01T00:00:00Z"},
        {"text": " \n ", "given_at": "2026-01-01T00:00:00Z"},
        {"text": "\ud800", "given_at": "2026-01-01T00:00:00Z"},
        {"text": "x" * 10_001, "given_at": "2026-01-01T00:00:00Z"},
        {"text": 7, "given_at": "2026-01-01T00:00:00Z"},
        {"text": TEXT},
        {"text": TEXT, "given_at": None},
        {"text": TEXT, "given_at": 1767225600},
        {"text": TEXT, "given_at": "1767225600"},
        {"text": TEXT, "given_at": "yesterday"},
        {"text": TEXT, "given_at": "2026-01-01T00:00:00Z\u0000"},
        {"text": TEXT, "given_at": "2026-01-01\ud80000:00:00Z"},
        {"text": TEXT, "given_at": "2026-01-01"},
        {"text": TEXT, "given_at": "2026-01-01T00:00:00"},
        {"text": TEXT, "given_at": "2026-02-30T00:00:00Z"},
        {"text": TEXT, "given_at": "0001-01-01T00:00:00+23:59"},
        {"text": TEXT, "given_at": "9999-12-31T23:59:59-23:59"},
        {"text": TEXT, "given_at": "2026-01-01T00:00:00Z", "shown": True},
    ],
)
def test_a_consent_that_cannot_be_a_proof_is_refused(consent: object) -> None:
    answer = send(caller(Scope.WRITE), body(make_widget(), consent=consent))
    [error] = check_problem(answer, problems.INVALID)["errors"]
    assert error["field"].startswith("body.consent.")
    assert nothing_is_stored()


def test_a_consent_may_be_a_minute_ahead_and_not_more() -> None:
    widget, client = make_widget(), caller(Scope.WRITE)
    for seconds, is_taken in ((70, False), (50, True)):
        given_at = (clock.now() + timedelta(seconds=seconds)).isoformat()
        answer = send(client, body(widget, consent={"text": TEXT, "given_at": given_at}))
        if is_taken:
            assert answer.status_code == 201
        else:
            [error] = check_problem(answer, problems.INVALID)["errors"]
            assert error["field"] == "body.consent.given_at"
            assert nothing_is_stored()


def test_the_rules_of_the_form_hold() -> None:
    widget, client = make_widget(hourly_cap=2), caller(Scope.WRITE)
    assert send(client, body(widget), "1").status_code == 201
    again = send(client, body(widget, language="fr"), "2")
    document = check_problem(again, problems.LIMIT_REACHED)
    assert document["code"] == "number"
    assert document["detail"].startswith("Nous ne pouvons pas")
    assert 0 < int(again.headers["Retry-After"]) <= 300
    block_list.add(BlockKind.NUMBER, "0612345679")
    blocked = check_problem(send(client, body(widget, number="0612345679"), "3"), problems.REFUSED)
    assert blocked["code"] == "blocked"
    assert send(client, body(widget, number="0612345670"), "4").status_code == 201
    full = check_problem(
        send(client, body(widget, number="0612345671"), "5"), problems.LIMIT_REACHED
    )
    assert full["code"] == "widget"
    paused = make_widget(is_paused=True)
    document = check_problem(send(client, body(paused), "6"), problems.REFUSED)
    assert document["code"] == "paused"
    inactive = make_widget(is_active=False)
    check_problem(send(client, body(inactive), "7"), problems.INVALID)
    assert CallRequest.objects.count() == 2


def test_a_request_is_made_for_a_slot_and_not_outside_the_hours() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, slot_capacity=1)
    client = caller(Scope.WRITE)
    with clock.set_to(at(1, 20)):
        sent = body(widget, when=spelled(at(2, 9)))
        answer = send(client, sent, "1")
        assert answer.status_code == 201
        assert datetime.fromisoformat(answer.json()["due_at"]) == at(2, 9)
        other = body(widget, when=spelled(at(2, 9)), number="0612345679")
        [error] = check_problem(send(client, other, "2"), problems.INVALID)["errors"]
        assert error["field"] == "body.when"
        closed = body(widget, number="0612345679")
        [error] = check_problem(send(client, closed, "3"), problems.INVALID)["errors"]
        assert (error["field"], error["code"]) == ("body.when", "closed")
    assert CallRequest.objects.count() == 1


def test_a_key_of_one_widget_calls_for_no_other() -> None:
    mine, other = make_widget(), make_widget()
    client = caller(Scope.WRITE, widget=mine)
    [error] = check_problem(send(client, body(other)), problems.INVALID)["errors"]
    assert error["field"] == "body.widget"
    check_problem(send(caller(Scope.READ, Scope.NUMBERS), body(mine)), problems.SCOPE_MISSING)
    assert nothing_is_stored()
    assert send(client, body(mine)).status_code == 201


@pytest.mark.parametrize("key", [None, "", " ", "é", "x" * 256, "a b", "a\tb"])
def test_a_key_for_doing_it_once_is_needed(key: str | None) -> None:
    answer = send(caller(Scope.WRITE), body(make_widget()), key)
    check_problem(answer, problems.IDEMPOTENCY_KEY_NEEDED)
    assert nothing_is_stored()


def test_the_same_call_gives_the_same_answer_even_if_it_would_be_refused_now() -> None:
    widget, client = make_widget(), caller(Scope.WRITE)
    sent = body(widget)
    first = send(client, sent)
    assert "Idempotent-Replayed" not in first.headers
    block_list.add(BlockKind.NUMBER, NUMBER)
    Widget.objects.update(is_active=False)
    with clock.set_to(clock.now() + timedelta(days=8)):
        again = send(client, dict(reversed(sent.items())))
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert CallRequest.objects.count() == 1


def test_the_same_key_with_another_body_is_refused() -> None:
    widget, client = make_widget(), caller(Scope.WRITE)
    sent = body(widget)
    send(client, sent)
    for other in (
        sent | {"number": "0612345679"},
        sent | {"language": "fr"},
        sent | {"consent": sent["consent"] | {"text": "Yes."}},
    ):
        check_problem(send(client, other), problems.IDEMPOTENCY_KEY_REUSED)
    assert CallRequest.objects.count() == 1


def test_another_key_of_the_api_has_idempotency_keys_of_its_own() -> None:
    widget = make_widget()
    ids = {
        send(caller(Scope.WRITE), body(widget, number=number)).json()["id"]
        for number in ("0612345678", "0612345679")
    }
    assert len(ids) == 2


def test_a_refusal_does_not_use_the_key_up() -> None:
    widget, client = make_widget(is_paused=True), caller(Scope.WRITE)
    sent = body(widget)
    check_problem(send(client, sent), problems.REFUSED)
    Widget.objects.update(is_paused=False)
    assert send(client, sent).status_code == 201


def test_after_an_erasure_the_same_call_creates_nothing() -> None:
    widget, client = make_widget(), caller(Scope.WRITE)
    sent = body(widget)
    first = send(client, sent).json()
    erasure.erase(None, number=NUMBER)
    again = send(client, sent)
    assert again.status_code == 201
    assert again.json() == first | {"status": "cancelled"}
    check_problem(send(client, sent | {"number": "0612345679"}), problems.IDEMPOTENCY_KEY_REUSED)
    assert CallRequest.objects.count() == 1
    stored = repr(list(IdempotentCall.objects.values()))
    assert "order-1" not in stored
    assert [result.problems for result in verification.results()] == [[]]


@pytest.mark.django_db(transaction=True)
def test_of_the_same_calls_at_once_one_creates_a_request() -> None:
    client, sent = caller(Scope.WRITE), body(make_widget())
    answers = concurrently(5, lambda _index: send(client, sent))
    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.content for answer in answers}) == 1
    assert CallRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_different_calls_at_once_with_one_key_one_is_accepted() -> None:
    widget, client = make_widget(), caller(Scope.WRITE)
    bodies = [body(widget, number=f"061234567{index}") for index in range(5)]
    answers = concurrently(5, lambda index: send(client, bodies[index]))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert CallRequest.objects.count() == 1


def test_a_nonce_of_the_form_is_not_taken_for_one_of_the_api() -> None:
    widget = make_widget()
    accept.accept(make_submission(widget, nonce="order-1", number="0612345679"))
    assert send(caller(Scope.WRITE), body(widget)).status_code == 201
    assert CallRequest.objects.filter(status=Status.QUEUED).count() == 2


def test_what_the_visitor_corrects_is_verified_too() -> None:
    send(caller(Scope.WRITE), body(make_widget()))
    row = CallRequest.objects.get()
    answer = Client().post(f"{row.get_absolute_url()}number/", {"number": "06 12 34 56 79"})
    assert answer.status_code == 303
    assert Client().post(f"{row.get_absolute_url()}cancel/").status_code == 303
    assert list(row.consent_proofs.order_by("pk").values_list("event", flat=True)) == [
        *("vouched", "corrected", "withdrawn")
    ]
    assert [result.problems for result in verification.results()] == [[], [], []]


def test_the_same_call_that_lost_the_race_finds_its_request_even_after_a_correction() -> None:
    fields: dict[str, Any] = {"email": " client 7 ", "is_identifier": True}
    row = accept_vouched(**fields)
    assert correction.correct_number(row, "0612345679")
    submission = make_submission(row.widget, consent_text="", **fields)
    accepted = accept.accept(submission)
    assert (accepted.call_request, accepted.is_new) == (row, False)


@pytest.mark.parametrize(
    "change",
    [
        {"text_sha256": "0" * 64},
        {"claimed_at": datetime.fromisoformat("2020-01-01T00:00:00+00:00")},
        {"vouched_by": None},
        {"event": "given"},
    ],
)
def test_a_change_of_what_was_vouched_for_is_noticed(change: dict[str, Any]) -> None:
    send(caller(Scope.WRITE), body(make_widget()))
    ConsentProof.objects.update(**change)
    [result] = verification.results()
    assert verification.UNFIT_SEAL in {problem.what for problem in result.problems}
    assert verification.UNFIT_DIGEST in {problem.what for problem in result.problems}


def test_a_changed_time_of_the_consent_or_name_of_the_key_is_noticed() -> None:
    send(caller(Scope.WRITE), body(make_widget()))
    CallRequest.objects.update(consent_at=clock.now())
    [result] = verification.results()
    assert [problem.what for problem in result.problems] == [verification.TIME_CHANGED]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE callbacks_apikey SET name = 'Somebody else'")
    [result] = verification.results()
    assert verification.UNFIT_DIGEST in {problem.what for problem in result.problems}
