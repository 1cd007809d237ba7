"""A page of an allowed site shows the form and sends it, under the checks of the form itself."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from callbacks.abuse import block_list, detection
from callbacks.api import problems
from callbacks.core import clock
from callbacks.models import (
    BlockKind,
    CallRequest,
    ConsentEvent,
    ConsentProof,
    ConsentText,
    ProofOfWork,
    Refusal,
    Widget,
)
from callbacks.public.form import identity
from callbacks.scheduling.slots import spelled
from callbacks.widgets import cache as widget_cache
from tests.support.api import API, JsonClient, check_problem
from tests.support.challenges import solved
from tests.support.concurrency import concurrently
from tests.support.extra_fields import ORDER
from tests.support.factories import make_widget
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

SITE = "https://www.shop.example"
OTHER = "https://evil.example"


def shop(**fields: Any) -> Widget:
    return make_widget(**{"allowed_origins": [SITE, "https://*.shop.example"]} | fields)


def page(origin: str | None = SITE) -> JsonClient:
    """Return a browser that shows a page of this origin. It names itself as browsers do."""
    headers = {"origin": origin} if origin is not None else {}
    return JsonClient(headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"} | headers)


def address(widget: Widget, last: str) -> str:
    return f"{API}/widgets/{widget.public_id}/{last}"


def fetched(widget: Widget, query: str = "") -> dict[str, Any]:
    answer = page().get(address(widget, "form") + query)
    assert answer.status_code == 200, answer.content
    read: dict[str, Any] = answer.json()
    return read


def filled(widget: Widget, **fields: Any) -> dict[str, Any]:
    token = fetched(widget, "?language=en")["form_token"]
    typed = {"number": "06 12 34 56 78", "email": "jo@example.fr", "consent": True}
    return {"form_token": token, "language": "en"} | typed | fields


def send(widget: Widget, sent: object, client: Client | None = None) -> Any:
    return (client or page()).post(address(widget, "requests"), sent)


def test_a_page_shows_the_form_and_sends_it(settings: Any) -> None:
    widget = shop(company_name="Shop")
    form = fetched(widget, "?language=fr")
    assert (form["language"], form["takes_requests"], form["is_open"]) == ("fr", True, True)
    assert form["challenge"] is None
    assert "Shop" in form["texts"]["consent"]
    assert all(form["texts"][name] for name in ("heading", "introduction", "button"))
    sent = {
        "form_token": form["form_token"],
        "number": "06 12 34 56 78",
        "email": "jo@example.fr",
        "consent": True,
        "language": "fr",
        "page_url": f"{SITE}/contact?utm_source=news&session=secret",
        "page_title": "Contact",
    }
    answer = send(widget, sent)
    assert answer.status_code == 201, answer.content
    row = CallRequest.objects.get()
    told = answer.json()
    assert (told["id"], told["status"]) == (row.public_id, "queued")
    assert told["status_url"] == f"{settings.PUBLIC_URL}/r/{row.token}/"
    assert (row.page_url, row.page_title) == (f"{SITE}/contact?utm_source=news", "Contact")
    assert row.address == "127.0.0.1"
    assert row.consent_text == form["texts"]["consent"]
    proof = ConsentProof.objects.get()
    assert (proof.event, proof.text) == (ConsentEvent.GIVEN, ConsentText.objects.get())
    assert send(widget, sent).json()["id"] == row.public_id
    assert CallRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (SITE, True),
        ("https://www.shop.example:443", True),
        ("https://deep.er.shop.example", True),
        ("https://shop.example", False),
        ("http://www.shop.example", False),
        ("https://www.shop.example:8443", False),
        ("https://www.shop.example.evil.example", False),
        (OTHER, False),
        ("null", False),
        ("*", False),
        ("", False),
        ("https://*.shop.example", False),
        ("https://www.shop.example/", False),
        ("https://WWW.shop.example", False),
        (None, False),
    ],
)
def test_only_pages_of_allowed_sites_get_and_send_it(origin: str | None, allowed: bool) -> None:
    widget = shop()
    sent = filled(widget)
    client = page(origin)
    got, posted = client.get(address(widget, "form")), send(widget, sent, client)
    for answer in (got, posted):
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
        told = answer.headers.get("Access-Control-Allow-Origin")
        assert told == (origin if allowed else None)
        if not allowed:
            check_problem(answer, problems.ORIGIN_NOT_ALLOWED)
    assert CallRequest.objects.exists() is allowed


@pytest.mark.parametrize(("last", "method"), [("form", "GET"), ("requests", "POST")])
def test_a_preflight_allows_those_sites_alone(last: str, method: str) -> None:
    widget = shop()
    asks = {"access-control-request-method": method, "access-control-request-headers": "x"}
    answer = page().options(address(widget, last), headers=asks)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert answer.headers["Access-Control-Allow-Methods"] == method
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
    assert "Origin" in answer.headers["Vary"]
    refused = page(OTHER).options(address(widget, last), headers=asks)
    check_problem(refused, problems.ORIGIN_NOT_ALLOWED)
    assert "Access-Control-Allow-Origin" not in refused.headers
    for elsewhere in (f"{API}/requests", f"{API}/widgets/{widget.public_id}/slots"):
        answer = page().options(elsewhere, headers=asks)
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_a_page_may_read_why_its_request_was_refused() -> None:
    widget = shop()
    wrong_type = page().post(address(widget, "requests"), "a=b", content_type="text/plain")
    check_problem(wrong_type, problems.NOT_JSON)
    too_large = page().post(address(widget, "requests"), "x" * 70_000, "application/json")
    check_problem(too_large, problems.BODY_TOO_LARGE)
    not_allowed = page().get(address(widget, "requests"))
    check_problem(not_allowed, problems.METHOD_NOT_ALLOWED)
    for answer in (wrong_type, too_large, not_allowed):
        assert answer.headers["Access-Control-Allow-Origin"] == SITE


def test_the_checks_of_the_form_hold(settings: Any) -> None:
    settings.RATE_PER_ADDRESS = "100/h"
    widget = shop()
    assert send(widget, filled(widget)).status_code == 201
    again = send(widget, filled(widget))
    document = check_problem(again, problems.LIMIT_REACHED)
    assert "code" not in document
    assert document["detail"].startswith("We can't take another request right now.")
    assert int(again.headers["Retry-After"]) > 0
    assert again.headers["Access-Control-Expose-Headers"] == "Retry-After"
    block_list.add(BlockKind.NUMBER, "0612345679")
    blocked = check_problem(send(widget, filled(widget, number="0612345679")), problems.REFUSED)
    bot = check_problem(
        send(widget, filled(widget, number="0612345670", website="x")), problems.REFUSED
    )
    assert blocked == bot  # a stranger learns nothing
    kinds = set(Refusal.objects.values_list("kind", flat=True))
    assert kinds == {"number", "blocked", "bot"}
    for fields, name in (
        ({"number": "06"}, "body.number"),
        ({"number": ""}, "body.number"),
        ({"email": "nobody"}, "body.email"),
        ({"consent": False}, "body.consent"),
        ({"when": "never"}, "body.when"),
        ({"consent": "on"}, "body.consent"),
        ({"form_token": 7}, "body.form_token"),
        ({"page_title": None}, "body.page_title"),
        ({"token": "x"}, "body.token"),
    ):
        answer = send(widget, filled(widget, **fields))
        [error] = check_problem(answer, problems.INVALID)["errors"]
        assert error["field"] == name
    assert CallRequest.objects.count() == 1


def test_the_limit_per_address_holds(settings: Any) -> None:
    settings.RATE_PER_ADDRESS = "2/h"
    widget = shop()
    answers = [send(widget, filled(widget, number=f"061234567{n}")) for n in range(3)]
    assert [answer.status_code for answer in answers[:2]] == [201, 201]
    check_problem(answers[2], problems.LIMIT_REACHED)


@pytest.mark.parametrize("token", ["", "forged", "é\x00", "another widget's", "old"])
def test_a_form_token_that_is_not_right_asks_for_a_new_form(token: str) -> None:
    widget, now = shop(), clock.now()
    sent, case = filled(widget), token
    if token == "another widget's":
        token = fetched(shop(), "?language=en")["form_token"]
    if token == "old":
        widget.texts.create(language="en", consent="Call me.")
        token = sent["form_token"]
    document = check_problem(send(widget, sent | {"form_token": token}), problems.FORM_OUTDATED)
    codes = {"another widget's": "form_changed", "old": "consent_changed"}
    assert document["code"] == codes.get(case, "expired")
    assert not CallRequest.objects.filter(created_at__gte=now).exists()


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["This number is too long", "An email address contains", "too long"]),
        ("fr", ["Ce numéro est trop long", "Une adresse e-mail", "trop long"]),
    ],
)
def test_what_is_too_long_is_refused_in_the_language_of_the_form(
    language: str, sentences: list[str]
) -> None:
    widget = shop(extra_fields=[ORDER])
    sent = filled(widget) | {"form_token": fetched(widget, f"?language={language}")["form_token"]}
    long = {"number": "6" * 301, "email": "x" * 301, "fields": {"order": "x" * 2001}}
    told = send(widget, sent | long | {"language": language})
    errors = {
        error["field"]: error["detail"] for error in check_problem(told, problems.INVALID)["errors"]
    }
    assert list(errors) == ["body.number", "body.email", "body.fields.order"]
    for detail, sentence in zip(errors.values(), sentences, strict=True):
        assert sentence in detail


def test_a_long_address_of_the_page_stops_nobody() -> None:
    widget = shop()
    long = {"page_url": f"{SITE}/?q={'x' * 9000}", "page_title": "x" * 9000}
    assert send(widget, filled(widget) | long).status_code == 201
    row = CallRequest.objects.get()
    assert row.page_url == f"{SITE}/"
    assert set(row.page_title) == {"x"}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "This topic is no longer offered."), ("fr", "Ce sujet n’est plus proposé.")],
)
def test_a_topic_that_is_gone_is_named_in_the_language_of_the_form(
    language: str, sentence: str
) -> None:
    widget = shop()
    sent = filled(widget) | {"language": language, "topic": "gone"}
    got = page().get(address(widget, f"form?language={language}&topic=gone"))
    for answer, field in ((send(widget, sent), "body.topic"), (got, "query.topic")):
        [error] = check_problem(answer, problems.INVALID)["errors"]
        assert error["field"] == field
        assert error["detail"].startswith(sentence)


def test_a_form_in_another_language_is_not_the_consent_that_was_read() -> None:
    widget = shop()
    sent = filled(widget) | {"language": "fr"}
    document = check_problem(send(widget, sent), problems.FORM_OUTDATED)
    assert document["code"] == "consent_changed"
    assert document["detail"].startswith("Le texte du consentement a changé")


def test_a_proof_of_work_is_asked_for_and_checked() -> None:
    widget = shop(proof_of_work=ProofOfWork.ALWAYS)
    detection.findings.forget()
    form = fetched(widget, "?language=en")
    sent = filled(widget, form_token=form["form_token"])
    missing = check_problem(send(widget, sent), problems.FORM_OUTDATED)
    assert missing["code"] == "proof_needed"
    assert send(widget, sent | {"proof": solved(form["challenge"])}).status_code == 201


def test_details_that_the_site_signed_are_checked() -> None:
    widget = shop(identity_secret="s" * 40)
    expires = str(int((clock.now() + timedelta(hours=1)).timestamp()))
    signature = identity.sign(widget, "0612345678", "jo@example.fr", expires)
    signed = {"number": "0612345678", "identity_expires": expires}
    wrong = send(widget, filled(widget, **signed, identity_signature="0" * 64))
    [error] = check_problem(wrong, problems.INVALID)["errors"]
    assert error["field"] == "body.identity_signature"
    answer = send(widget, filled(widget, **signed, identity_signature=signature))
    assert answer.status_code == 201
    assert CallRequest.objects.get().is_verified


def test_slots_are_offered_and_booked() -> None:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, allowed_origins=[SITE])
    with clock.set_to(at(1, 20)):
        widget_cache.forget()
        form = fetched(widget, "?language=en")
        assert (form["is_open"], form["takes_requests"]) == (False, True)
        assert spelled(at(2, 9)) in [slot["when"] for slot in form["slots"]]
        sent = filled(widget, form_token=form["form_token"], when=spelled(at(2, 9)))
        assert send(widget, sent).status_code == 201
    assert CallRequest.objects.get().slot_start == at(2, 9)


def test_a_paused_widget_gives_no_form_and_takes_none() -> None:
    widget = shop()
    sent = filled(widget)
    Widget.objects.update(is_paused=True)
    widget_cache.forget()
    form = fetched(widget)
    assert (form["takes_requests"], form["form_token"], form["challenge"]) == (False, None, None)
    assert form["texts"]["pause_message"]
    assert check_problem(send(widget, sent), problems.REFUSED)["code"] == "paused"


def test_an_inactive_or_unknown_widget_gives_nothing_but_what_was_accepted() -> None:
    widget = shop()
    sent, unsent = filled(widget), filled(widget, number="0612345679")
    first = send(widget, sent).json()
    Widget.objects.update(is_active=False)
    widget_cache.forget()
    check_problem(page().get(address(widget, "form")), problems.NOT_FOUND)
    check_problem(send(widget, unsent), problems.NOT_FOUND)
    assert send(widget, sent).json() == first
    check_problem(page().get(f"{API}/widgets/nothing/form"), problems.NOT_FOUND)


def test_no_number_email_or_token_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    widget = shop()
    sent = filled(widget)
    told = send(widget, sent).json()
    send(widget, filled(widget, number="0612345679", email="nobody"))
    token = told["status_url"].split("/")[-2]
    for secret in ("612345678", "12 34 56 78", "jo@example.fr", token, sent["form_token"]):
        assert secret not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_of_the_same_forms_at_once_one_creates_a_request() -> None:
    widget = shop()
    sent = filled(widget)
    answers = concurrently(4, lambda _index: send(widget, sent))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert CallRequest.objects.count() == 1
