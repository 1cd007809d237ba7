"""The page of the site's health: a line for each part, and what to do about those that are ill."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from redis import ConnectionError as RedisAway

from callback_site.version import VERSION
from callbacks.core import clock
from callbacks.dispatch import call_switch
from callbacks.models import (
    Alert,
    AlertKind,
    CallControl,
    Channel,
    CircuitState,
    MessageKind,
    MessageState,
    OutboxMessage,
    WebhookEndpoint,
    WebhookEvent,
    WorkerProcess,
)
from callbacks.operations import health
from callbacks.staff.health.parts import Part, parts
from callbacks.webhooks import endpoints
from callbacks.worker import heartbeat, housekeeping_job
from tests.support.staff.pages import make_staff, signed_in

pytestmark = pytest.mark.django_db

HEALTH = reverse("admin:health")
NAMES = [
    "Database",
    "Migrations",
    "Cache",
    "Call workers",
    "Housekeeping",
    "Call service",
    "Outbox",
    "Webhooks",
]


@pytest.fixture(autouse=True)
def everything_runs(request: pytest.FixtureRequest) -> None:
    heartbeat.beat()
    housekeeping_job.take_job("machine:1")


def found() -> dict[str, Part]:
    return {part.name: part for part in parts(clock.now())}


def wrong() -> list[str]:
    return [name for name, part in found().items() if not part.is_good]


def a_message(state: MessageState) -> None:
    OutboxMessage.objects.create(
        alert=Alert.objects.create(kind=AlertKind.LIMIT, raised_at=clock.now()),
        kind=MessageKind.ALERT,
        channel=Channel.EMAIL,
        created_at=clock.now(),
        due_at=clock.now(),
        state=state,
    )


def away(*_args: object) -> None:
    raise RedisAway


def open_circuit(_patch: pytest.MonkeyPatch) -> None:
    call_switch.current()
    CallControl.objects.update(circuit=CircuitState.OPEN, opened_reason=AlertKind.CREDENTIALS)


def pause_endpoint(_patch: pytest.MonkeyPatch) -> None:
    endpoints.create("https://hooks.example/", [WebhookEvent.CALLED], None)
    WebhookEndpoint.objects.update(paused_at=clock.now())


TROUBLE: dict[str, Callable[[pytest.MonkeyPatch], object]] = {
    "Migrations": lambda patch: patch.setattr(health, "are_migrations_missing", lambda: True),
    "Cache": lambda patch: patch.setattr(cache, "get", away),
    "Call workers": lambda _patch: WorkerProcess.objects.all().delete(),
    "Housekeeping": lambda _patch: housekeeping_job.release_job("machine:1"),
    "Call service": open_circuit,
    "Outbox": lambda _patch: a_message(MessageState.FAILED),
    "Webhooks": pause_endpoint,
}


def test_while_all_is_well_each_part_says_so(staff: Client) -> None:
    assert list(found()) == NAMES
    assert wrong() == []
    assert all(part.words and not part.to_do for part in found().values())
    html = staff.get(HEALTH).text
    assert "All parts of the site are working" in html
    assert f"Version {VERSION}, on Django" in html
    assert "Needs attention" not in html


@pytest.mark.parametrize("name", TROUBLE)
def test_a_part_that_is_ill_comes_first_with_what_to_do(
    name: str, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    TROUBLE[name](monkeypatch)
    assert wrong() == [name]
    part = found()[name]
    assert part.to_do
    answer = staff.get(HEALTH)
    assert answer.context["parts"][0].name == name
    assert "1 part of the site needs you" in answer.text
    assert answer.text.count("Needs attention") == 1


def test_it_names_what_is_connected_and_running(staff: Client) -> None:
    words = {name: part.words for name, part in found().items()}
    assert words["Database"].startswith(f"Connected: {connection.display_name} ")
    assert "sandbox" in words["Call service"] or "call service (" in words["Call service"]
    row = WorkerProcess.objects.get()
    assert f"{row.host}, process {row.pid}, {row.threads} thread" in words["Call workers"]
    assert "machine:1" in words["Housekeeping"]


def test_messages_that_wait_are_no_trouble() -> None:
    a_message(MessageState.WAITING)
    assert found()["Outbox"].words == "1 message is waiting."
    assert wrong() == []


def test_what_was_seen_long_ago_does_not_count() -> None:
    with clock.set_to(clock.now() + timedelta(minutes=5)):
        assert wrong() == ["Call workers", "Housekeeping"]


def test_it_takes_few_queries_whatever_runs(staff: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            staff.get(HEALTH)
        return len(captured)

    queries()
    few = queries()
    now = clock.now()
    for pid in range(9):
        WorkerProcess.objects.create(host="b", pid=pid, threads=2, started_at=now, seen_at=now)
        a_message(MessageState.FAILED)
    assert queries() == few


def test_it_can_be_read_in_french(staff: Client) -> None:
    with translation.override("fr"):
        texts = [text for part in parts(clock.now()) for text in (part.name, part.words)]
    assert "Base de données" in texts
    assert "It answers." not in texts


def test_who_may_not_see_whether_calls_run_does_not_see_it() -> None:
    assert signed_in(make_staff("other", "view_widget")).get(HEALTH).status_code == 403
    assert Client().get(HEALTH).status_code == 302
