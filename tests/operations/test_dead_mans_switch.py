"""A monitor is told once a minute that all is well, and never delays anything."""

import threading

import pytest
import requests
import responses
from pytest_django import Settings
from structlog.testing import capture_logs

from callbacks.core import boot_clock
from callbacks.dispatch import call_switch
from callbacks.models import AlertKind, CallControl, CircuitState, WorkerProcess
from callbacks.operations.dead_mans_switch import DeadMansSwitch
from callbacks.worker import heartbeat, housekeeping_job

pytestmark = pytest.mark.django_db

URL = "https://monitor.example/ping/secret"


@pytest.fixture(autouse=True)
def _all_is_well(settings: Settings) -> None:
    settings.HEARTBEAT_URL = URL
    heartbeat.beat()
    housekeeping_job.take_job("machine:1")


@responses.activate
def test_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    responses.get(URL)
    switch, now = DeadMansSwitch(), boot_clock.now()
    started = []
    for second in (0, 1, 59, 60, 61, 120):
        monkeypatch.setattr(boot_clock, "now", lambda second=second: now + second)
        started.append(switch.look())
        switch.wait()
    assert started == [True, False, False, True, False, True]
    assert len(responses.calls) == 3


@responses.activate
@pytest.mark.parametrize("problem", ["no worker", "paused"])
def test_not_while_something_is_wrong(problem: str) -> None:
    if problem == "no worker":
        WorkerProcess.objects.all().delete()
    else:
        call_switch.current()
        CallControl.objects.update(circuit=CircuitState.OPEN, opened_reason=AlertKind.OUTAGE)
    assert not DeadMansSwitch().look()


def test_not_without_an_address(settings: Settings) -> None:
    settings.HEARTBEAT_URL = ""
    assert not DeadMansSwitch().look()


def test_a_monitor_that_hangs_delays_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()
    asked = []

    def hang(*args: object, **_options: object) -> None:
        asked.append(args)
        answers.wait(60)
        raise requests.ConnectTimeout

    monkeypatch.setattr(requests, "get", hang)
    switch, now = DeadMansSwitch(), boot_clock.now()
    assert switch.look()
    monkeypatch.setattr(boot_clock, "now", lambda: now + 100)
    assert not switch.look()  # one at a time
    answers.set()
    switch.wait()
    assert switch.look()
    switch.wait()
    assert len(asked) == 2


@responses.activate
@pytest.mark.parametrize("status", [500, 404, 301])
def test_a_monitor_that_fails_is_logged_without_its_address(status: int) -> None:
    responses.get(URL, status=status, headers={"Location": "https://elsewhere.example/"})
    switch = DeadMansSwitch()
    with capture_logs() as logs:
        switch.look()
        switch.wait()
    assert [entry["event"] for entry in logs] == ["heartbeat_url_away"]
    assert "secret" not in str(logs)
