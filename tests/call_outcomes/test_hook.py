"""The call service reports a call: checked, stored once, and without any effect on the request."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import structlog
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds

from callback_site.bodies import WholeBody
from callbacks.core import clock
from callbacks.models import (
    Attempt,
    CallOutcome,
    CallRequest,
    Move,
    Outcome,
    RefusedReport,
    Scope,
    Status,
)
from callbacks.worker import purge
from tests.support.api import API, caller
from tests.support.call_reports import json_reports
from tests.support.concurrency import concurrently
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import page_of, signed_in
from tests.support.staff.roles import member

pytestmark = pytest.mark.django_db

PATH = "/hooks/uhlive/"
SECRET = "the passphrase"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _receives_reports(settings: Any) -> None:
    settings.UHLIVE_WEBHOOK_SECRET = SECRET


def called(at: datetime = NOW, outcome: str = Outcome.ACCEPTED, **fields: Any) -> CallRequest:
    """A request whose call started at this time."""
    row = make_request(status=Status.CALLED, created_at=at, **fields)
    Attempt.objects.create(
        call_request=row,
        widget=row.widget,
        number=1,
        started_at=at,
        deadline_at=at,
        outcome=outcome,
    )
    return row


def report(**values: Any) -> bytes:
    usual = {
        "unique_id": "call-1",
        "timestamp": (NOW + timedelta(minutes=1)).isoformat(),
        "duration": 42,
        "status": "qualified",
        "campaign": "spring",
        "transcript_json": [{"text": "secret words"}],
        "metadata": {"ANI": "33612345678"},
        "tags": ["meeting"],
    }
    return json.dumps(usual | values).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def send(body: bytes, signed: str | None = None, **headers: str) -> Any:
    headers["X-Uhlive-Signature"] = signature(body) if signed is None else signed
    return Client(enforce_csrf_checks=True).post(
        PATH, body, content_type="application/json", headers=headers
    )


def test_an_outcome_is_stored_at_its_request_and_changes_nothing_else() -> None:
    row = called(number="+33612345678")
    before = CallRequest.objects.filter(pk=row.pk).values().get()
    with clock.set_to(NOW + timedelta(minutes=2)), structlog.testing.capture_logs() as logged:
        assert send(report()).status_code == 204
    outcome = CallOutcome.objects.get()
    assert outcome.call_request == row
    assert (outcome.status, outcome.duration, outcome.tags) == ("qualified", 42, ["meeting"])
    assert (outcome.service_id, outcome.campaign) == ("call-1", "spring")
    assert (outcome.number_hash, outcome.email_hash) == ("", "")
    assert CallRequest.objects.filter(pk=row.pk).values().get() == before
    assert not Move.objects.exists()
    assert [event["event"] for event in logged] == ["call_report_stored"]
    assert logged[0]["request"] == row.public_id
    assert "secret words" not in str(CallOutcome.objects.values().get())


def test_a_repeated_delivery_is_stored_once() -> None:
    row = called(number="+33612345678")
    with clock.set_to(NOW + timedelta(minutes=2)):
        for delivery in ("one", "two"):
            assert send(report(), **{"X-uhlive-delivery": delivery}).status_code == 204
        assert send(report(unique_id="call-2")).status_code == 204
        nameless = report(unique_id=None)
        assert [send(nameless).status_code for _ in range(2)] == [204, 204]
    assert row.outcomes.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_at_once_are_stored_once() -> None:
    called(number="+33612345678", at=clock.now())
    body = report(timestamp=None)
    statuses = concurrently(4, lambda _: send(body).status_code)
    assert list(statuses) == [204] * 4
    assert CallOutcome.objects.count() == 1


@pytest.mark.parametrize(
    "signed",
    ["", "sha256=", "sha256=" + "0" * 64, "nonsense", "sha256=é", signature(report(), "other")],
)
def test_a_wrong_signature_changes_nothing_and_is_counted(signed: str) -> None:
    called(number="+33612345678")
    with clock.set_to(NOW):
        for _ in range(2):
            assert send(report(), signed).status_code == 401
    assert not CallOutcome.objects.exists()
    refused = RefusedReport.objects.get()
    assert (refused.hour, refused.count) == (NOW, 2)


def test_the_signature_covers_the_raw_body() -> None:
    body = report()
    assert send(body + b" ", signature(body)).status_code == 401
    assert send(body, signature(body).upper().replace("SHA256", "sha256")).status_code == 204


def test_without_a_secret_there_is_no_such_page(settings: Any) -> None:
    settings.UHLIVE_WEBHOOK_SECRET = ""
    assert send(report(), signature(report(), "")).status_code == 404
    assert Client().get(PATH).status_code == 404
    assert not RefusedReport.objects.exists()


def test_only_posts_are_taken() -> None:
    assert Client().get(PATH).status_code == 405


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 50_000])
def test_a_signed_body_that_is_no_report_is_refused(body: bytes) -> None:
    assert send(body).status_code == 400
    assert not CallOutcome.objects.exists()


def test_half_a_body_is_not_counted_as_a_wrong_signature() -> None:
    body = report()
    half = {
        "wsgi.input": WholeBody(BytesIO(body[:-5]), len(body)),
        "CONTENT_LENGTH": str(len(body)),
    }
    signed = {"X-Uhlive-Signature": signature(body)}
    assert Client().post(PATH, headers=signed, **half).status_code == 400  # type: ignore[arg-type]
    assert not RefusedReport.objects.exists()


def test_a_report_is_matched_by_the_identifier_before_the_number() -> None:
    called(number="+33612345678", email="else@example.fr")
    own = called(number="+33612345679", email="Jo@Example.fr")
    both = {"ANI": "33612345678", "customer": "Jo@Example.fr"}
    with clock.set_to(NOW + timedelta(minutes=2)):
        send(report(metadata=both))
    assert CallOutcome.objects.get().call_request == own


@pytest.mark.parametrize("text", ["{id}", "LEAD{id}@shop.example", "été-{id}"])
def test_a_report_is_matched_by_the_public_id_that_the_bot_got(text: str) -> None:
    widget = make_widget(bot_email=text)
    called(number="+33612345678", email="else@example.fr")
    own = called(number="+33612345679", widget=widget)
    own.bot_email = text.replace("{id}", own.public_id)
    own.save()
    with clock.set_to(NOW + timedelta(minutes=2)):
        send(report(metadata={"ANI": "33612345678", "customer": own.bot_email}))
    assert CallOutcome.objects.get().call_request == own


def test_a_fixed_text_or_a_foreign_id_matches_nothing_by_itself() -> None:
    called(number="+33612345679", bot_email="sales")
    other = called(number="+33612345680", bot_email="lead")
    with clock.set_to(NOW + timedelta(minutes=2)):
        send(report(metadata={"a": "sales", "b": "2" * 254, "c": f"x{other.public_id}"[:16]}))
    assert CallOutcome.objects.get().call_request is None


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (timedelta(minutes=3), 0),  # the last call before the report, not the nearest
        (timedelta(minutes=12), 1),
        (timedelta(minutes=-2), 0),  # clocks differ
        (timedelta(minutes=-20), None),
        (timedelta(days=1, minutes=11), None),
    ],
)
def test_among_calls_to_one_number_the_time_decides(
    reported: timedelta, expected: int | None
) -> None:
    calls = [called(NOW + timedelta(minutes=10 * n), number="+33612345678") for n in range(2)]
    with clock.set_to(NOW + timedelta(days=3)):
        send(report(timestamp=(NOW + reported).isoformat()))
    found = CallOutcome.objects.get().call_request
    assert found == (None if expected is None else calls[expected])


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.NOT_SENT, Outcome.TRY_LATER])
def test_an_attempt_that_rang_nowhere_has_no_outcome(outcome: str) -> None:
    called(number="+33612345678", outcome=outcome)
    with clock.set_to(NOW + timedelta(minutes=2)):
        send(report())
    assert CallOutcome.objects.get().call_request is None


def test_what_matches_nothing_is_kept_for_thirty_days() -> None:
    with clock.set_to(NOW):
        send(report(), "wrong")
        assert send(report()).status_code == 204
        kept = called(number="+33699999999")
        send(report(unique_id="call-2", metadata={"ANI": "33699999999"}))
    row = CallOutcome.objects.get(call_request=None)
    assert row.number_hash
    assert "612345678" not in str(CallOutcome.objects.filter(pk=row.pk).values().get())
    purge.purge(NOW + timedelta(days=29))
    assert (CallOutcome.objects.count(), RefusedReport.objects.count()) == (2, 1)
    purge.purge(NOW + timedelta(days=30, hours=2))
    assert CallOutcome.objects.get().call_request == kept
    assert not RefusedReport.objects.exists()


def test_an_erased_request_gets_no_outcome() -> None:
    row = called(number="+33612345678")
    CallRequest.objects.filter(pk=row.pk).update(erased_at=NOW)
    with clock.set_to(NOW + timedelta(minutes=2)):
        send(report())
    assert CallOutcome.objects.get().call_request is None


@pytest.mark.parametrize(
    "values",
    [
        {"timestamp": "0001-01-01T12:00:00Z"},
        {"timestamp": "9999-12-31T23:59:59Z"},
        {"timestamp": 9e10},
        {"metadata": {"ANI": "33612345678", "x": "\ud800"}},
        {"metadata": {"ANI": "33612345678", "x": "a@b.fr\x00"}},
        {"unique_id": "\udfff", "status": "\ud800", "tags": ["\ud800"], "campaign": "\x00"},
    ],
)
def test_a_value_out_of_range_stops_neither_the_report_nor_the_page(values: Any) -> None:
    row = called(number="+33612345678")
    with clock.set_to(NOW + timedelta(minutes=2)):
        assert send(report(**values)).status_code == 204
        assert CallOutcome.objects.get().call_request == row
        staff = signed_in(member("managers"))
        for path in (page_of(row), "/admin/callbacks/calloutcome/"):
            assert staff.get(path).status_code == 200
        told = caller(Scope.READ).get(f"{API}/requests/{row.public_id}")
        assert told.json()["outcome"]


@pytest.mark.long
@bounds(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(json_reports())
def test_any_signed_json_object_is_stored(values: dict[str, Any]) -> None:
    assert send(json.dumps(values).encode()).status_code == 204


def test_a_report_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    called(number="+33612345678")
    body = report()
    # PostgreSQL also gets the settings of each transaction.
    first, again = (13, 2) if connection.vendor == "postgresql" else (10, 1)
    with clock.set_to(NOW), django_assert_max_num_queries(first):
        send(body)
    with django_assert_max_num_queries(again):
        send(body)
