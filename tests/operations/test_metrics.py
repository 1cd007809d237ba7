"""What Prometheus is told, by whom it may be asked, and what the answer costs."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from callbacks.abuse import refusals
from callbacks.call_api import CredentialsRefused, Refused
from callbacks.call_api.token_fetches import TokenFetches
from callbacks.call_api.tokens import Token
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.dispatch import call_switch, place_next
from callbacks.lifecycle import retrying
from callbacks.models import (
    AlertKind,
    CallRequest,
    PeriodicJob,
    RefusalKind,
    RunningTotal,
    Status,
)
from callbacks.notifications import alerts
from callbacks.operations import metric_families
from callbacks.stats import totals
from callbacks.worker import heartbeat, housekeeping, housekeeping_job
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import accept_one, make_request, make_widget
from tests.support.staff.pages import make_staff

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-the-monitor"
LATER = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _token(settings: Settings) -> None:
    settings.METRICS_TOKEN, settings.METRICS_ADDRESSES = TOKEN, []


def answer(token: str = TOKEN, **extra: Any) -> Any:
    return Client().get("/metrics", headers={"authorization": f"Bearer {token}"}, **extra)


def samples() -> dict[str, float]:
    """Return the value of each sample, by its name with its labels."""
    response = answer()
    assert response.status_code == 200
    found = {}
    for family in text_string_to_metric_families(response.content.decode()):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


@pytest.fixture
def story() -> None:
    """Three requests: called, failed, waiting; and two forms that were refused."""
    service: Any = FakeApi()
    accept_one(1)
    assert place_next(service) == "worked"
    accept_one(2)
    service.answer = Refused("no", code="refused", http_status=400)
    place_next(service)
    accept_one(3)
    widget = make_widget()
    refusals.record(widget, RefusalKind.BUSY)
    refusals.record(widget, RefusalKind.BUSY)


def test_what_happened_is_counted(story: None) -> None:
    found = samples()
    assert found["callback_requests_total"] == 3
    assert found["callback_requests_called_total"] == 1
    assert found["callback_requests_failed_total{reason=refused}"] == 1
    assert found["callback_requests_failed_total{reason=too_late}"] == 0
    assert found["callback_requests_rejected_total{kind=busy}"] == 2
    assert found["callback_requests_rejected_total{kind=number}"] == 0
    assert found["callback_queue_requests"] == 1


def test_housekeeping_moves_the_counts_and_changes_none(story: None) -> None:
    before = samples()
    now = clock.now()
    with clock.set_to(now + LATER):
        assert totals.keep_up(now + LATER)
        after = samples()
        assert not totals.keep_up(now + LATER)
    at_once = {name for name in before if name.startswith("callback_requests")}
    assert len(at_once) > 15
    assert {name: after[name] for name in at_once} == {name: before[name] for name in at_once}
    assert after["callback_call_attempts_total{code=accepted,outcome=accepted}"] == 1
    assert after["callback_call_attempts_total{code=refused,outcome=refused}"] == 1
    assert after["callback_time_to_call_seconds_count"] == 1
    assert after["callback_time_to_call_seconds_bucket{le=2.0}"] == 1
    assert after["callback_time_to_call_seconds_bucket{le=+Inf}"] == 1
    assert after["callback_call_attempt_duration_seconds_count"] == 2
    assert RunningTotal.objects.get(name="asked").total == 3


def test_a_counter_never_falls_while_requests_are_erased_retried_and_counted(story: None) -> None:
    """A smaller number would look to Prometheus like a new beginning."""
    person = make_staff("agent", "view_callrequest", "act_on_callrequest")
    fake: Any = FakeApi()
    steps = [
        lambda: totals.keep_up(clock.now()),
        lambda: retrying.retry(CallRequest.objects.get(status=Status.FAILED), person),
        lambda: place_next(fake),
        lambda: totals.keep_up(clock.now()),
        lambda: place_next(fake),
        lambda: erasure.erase_rows(
            list(CallRequest.objects.values_list("pk", flat=True)), clock.now()
        ),
        lambda: totals.keep_up(clock.now()),
    ]
    now, before = clock.now(), samples()
    for number, step in enumerate(steps):
        with clock.set_to(now + number * LATER):
            step()
            after = samples()
        fallen = {n: (v, after[n]) for n, v in before.items() if "_total" in n and after[n] < v}
        assert not fallen, number
        before = after
    assert before["callback_requests_retried_total"] == 1


def test_two_processes_that_count_at_once_count_once(
    story: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    totals.keep_up(now)
    accept_one(9)
    other = totals._events

    def beside(*period: Any) -> totals.Totals:
        counts = other(*period)
        monkeypatch.setattr(totals, "_events", other)
        assert totals.keep_up(now + LATER)
        return counts

    monkeypatch.setattr(totals, "_events", beside)
    with clock.set_to(now + LATER):
        assert not totals.keep_up(now + LATER)
    assert RunningTotal.objects.get(name="asked").total == 4


def test_an_attempt_in_progress_is_counted_once_it_has_ended() -> None:
    call_request = make_request(status=Status.CALLING, attempts_made=1)
    now = clock.now()
    pending = call_request.attempts.create(
        widget_id=call_request.widget_id,
        number=1,
        started_at=now,
        deadline_at=now,
        worker="w",
        service="s",
    )
    name = "callback_call_attempts_total{code=timeout,outcome=unknown}"
    with clock.set_to(now + LATER):
        totals.keep_up(now + LATER)
        assert name not in samples()
        call_request.attempts.filter(pk=pending.pk).update(outcome="unknown", code="timeout")
        totals.keep_up(now + LATER)
        assert samples()[name] == 1


def test_what_waits_and_what_runs_is_measured(settings: Settings) -> None:
    now = clock.now()
    settings.PACE_CALLS = 7
    settings.ALERT_EMAILS = ["staff@example.fr"]
    with clock.set_to(now - timedelta(minutes=3)):
        make_request()
    make_request(due_at=now + timedelta(hours=3), queue_position=None)
    make_request(status=Status.UNCERTAIN)
    make_request(status=Status.CALLING)
    heartbeat.beat()
    housekeeping_job.take_job("machine:1")
    call_switch.stop("chief")
    with clock.set_to(now - timedelta(minutes=5)):
        alerts.raise_alert(AlertKind.OUTAGE)
    found = samples()
    assert found["callback_queue_requests"] == 1
    assert 180 <= found["callback_queue_oldest_seconds"] < 240
    assert found["callback_booked_requests"] == 1
    assert found["callback_uncertain_requests"] == found["callback_calling_requests"] == 1
    assert found["callback_worker_processes"] == 1
    assert found["callback_worker_threads"] == settings.WORKERS
    assert found["callback_housekeeping_age_seconds"] < 30
    assert found["callback_calls_stopped"] == 1
    assert found["callback_circuit_state{state=closed}"] == 1
    assert found["callback_circuit_state{state=open}"] == 0
    assert found["callback_outbox_messages{kind=alert}"] == 1
    assert 300 <= found["callback_outbox_oldest_seconds{kind=alert}"] < 360
    assert found["callback_outbox_failed_messages{kind=alert}"] == 0
    assert found["callback_pacing_limit_calls"] == 7


def test_token_fetches_of_a_process_reach_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Token:
        raise CredentialsRefused("no")

    fetches = TokenFetches()
    monkeypatch.setattr("callbacks.call_api.token_fetches", lambda: fetches)
    for _ in range(2):
        fetches.count(lambda: Token("t", 0, 1))
    with pytest.raises(CredentialsRefused):
        fetches.count(refuse)
    heartbeat.store_token_fetches()
    heartbeat.store_token_fetches()
    found = samples()
    assert found["callback_token_fetches_total{result=fetched}"] == 2
    assert found["callback_token_fetches_total{result=refused}"] == 1
    assert found["callback_token_fetches_total{result=unavailable}"] == 0


def test_without_a_database_the_token_fetches_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object) -> None:
        raise OperationalError

    fetches = TokenFetches()
    fetches.count(lambda: Token("t", 0, 1))
    monkeypatch.setattr("callbacks.call_api.token_fetches", lambda: fetches)
    with monkeypatch.context() as patch:
        patch.setattr(totals, "add", away)
        with pytest.raises(OperationalError):
            heartbeat.store_token_fetches()
    heartbeat.store_token_fetches()
    assert samples()["callback_token_fetches_total{result=fetched}"] == 1


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], f"{TOKEN}x", "é"])
def test_without_the_token_there_is_nothing_there(token: str) -> None:
    assert answer(token).status_code == 404
    assert Client().get("/metrics").status_code == 404
    basic = Client().get("/metrics", headers={"authorization": f"Basic {TOKEN}"})
    assert basic.status_code == 404


@pytest.mark.parametrize("token", ["", " ", "x"])
def test_while_no_token_is_set_none_is_right(settings: Settings, token: str) -> None:
    settings.METRICS_TOKEN = ""
    assert answer(token).status_code == 404


@pytest.mark.parametrize(
    ("network", "status"),
    [("127.0.0.0/8", 200), ("127.0.0.1", 200), ("10.0.0.0/8", 404), ("::/0", 404)],
)
def test_an_address_in_the_list_may_ask(settings: Settings, network: str, status: int) -> None:
    settings.METRICS_ADDRESSES = [ip_network(network)]
    assert Client().get("/metrics").status_code == status
    forged = Client().get("/metrics", headers={"x-forwarded-for": "10.1.2.3"})
    assert forged.status_code == status


def test_the_database_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object) -> None:
        raise OperationalError

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", away)
    assert answer().status_code == 503


@pytest.mark.long
def test_it_takes_as_many_queries_for_many_requests_as_for_none(story: None) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            samples()
        return len(captured)

    few = queries()
    for _ in range(20):
        make_request()
        make_request(status=Status.UNCERTAIN)
        refusals.record(make_widget(), RefusalKind.WIDGET)
    totals.keep_up(clock.now() + LATER)
    assert queries() == few <= 16


def test_housekeeping_keeps_the_counts_cheap(story: None) -> None:
    with clock.set_to(clock.now() + LATER):
        housekeeping.run_round()
    assert PeriodicJob.objects.get(name=totals.JOB).last_run_at is not None
    assert RunningTotal.objects.get(name="rejected", label="busy").total == 2


def test_no_stored_text_becomes_a_label() -> None:
    for name in ("failed", "rejected", "attempt", "token_fetches", "cancelled"):
        RunningTotal.objects.create(name=name, label="+33612345678", total=1)
    text = answer().content.decode()
    assert "+336" not in text
    assert text.count('"other"') == 6  # an attempt has two labels


def test_the_format_follows_what_is_accepted() -> None:
    plain = answer()
    assert plain["Content-Type"].startswith("text/plain")
    client = Client()
    accept = "application/openmetrics-text; version=1.0.0"
    headers = {"authorization": f"Bearer {TOKEN}", "accept": accept}
    found = client.get("/metrics", headers=headers)
    assert found["Content-Type"].startswith("application/openmetrics-text")
    assert found.content.endswith(b"# EOF\n")


def test_the_names_follow_the_conventions() -> None:
    for family in metric_families.collect():
        assert family.name.startswith("callback_")
        assert family.documentation.endswith(".")
        assert family.type != "histogram" or family.name.endswith("_seconds")
