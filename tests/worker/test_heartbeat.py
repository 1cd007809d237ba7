"""Whether the site knows that there are workers."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connections
from huey.contrib.djhuey import HUEY
from structlog.testing import capture_logs

from callbacks.core import clock, process_identity
from callbacks.dispatch import PlaceResult, place_next
from callbacks.models import Attempt, WorkerProcess
from callbacks.worker import heartbeat, tasks
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

NOW = clock.datetime(2026, 3, 3, 12, tzinfo=clock.UTC)  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_beat_lasts_a_minute() -> None:
    with clock.set_to(NOW):
        heartbeat.beat()
    assert heartbeat.alive(NOW + timedelta(seconds=59)).count() == 1
    assert not heartbeat.alive(NOW + timedelta(seconds=60)).exists()


@pytest.mark.django_db
def test_hosts_with_long_names_that_differ_at_the_end_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As long as a host's name can be in POSIX.
    hosts = [f"{'callback-worker-' * 16}"[:254] + end for end in "ab"]
    names: list[set[str]] = [set(), set()]
    for host in hosts:
        monkeypatch.setattr(socket, "gethostname", lambda host=host: host)
        with clock.set_to(NOW):
            heartbeat.beat()
        names[0].add(process_identity.thread_name())
        names[1].add(process_identity.process_name(7))
        make_request()
        assert place_next(FakeApi()) is PlaceResult.WORKED  # type: ignore[arg-type]
    assert set(WorkerProcess.objects.values_list("host", flat=True)) == set(hosts)
    assert heartbeat.alive(NOW).count() == 2
    assert [len(each) for each in names] == [2, 2]
    assert set(Attempt.objects.values_list("worker", flat=True)) == names[0]


@pytest.mark.django_db
def test_who_was_killed_is_forgotten_after_a_day() -> None:
    with clock.set_to(NOW):
        heartbeat.beat()
    heartbeat.forget_dead(NOW + timedelta(hours=20))
    assert WorkerProcess.objects.exists()
    heartbeat.forget_dead(NOW + timedelta(hours=25))
    assert not WorkerProcess.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_workers_threads_beat_once_between_them_and_take_the_row_away() -> None:
    assert HUEY._startup["heartbeat"] is tasks.begin_heartbeat
    assert HUEY._shutdown["heartbeat"] is tasks.end_heartbeat
    beats: list[None] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heartbeat, "EVERY_SECONDS", 0.01)
        enough = heartbeat.threading.Event()  # type: ignore[attr-defined]
        beat = heartbeat.beat

        def counted() -> None:
            beat()
            beats.append(None)
            if len(beats) == 3:
                enough.set()

        patch.setattr(heartbeat, "beat", counted)
        tasks.begin_heartbeat()
        tasks.begin_heartbeat()
        threads = [t for t in heartbeat.threading.enumerate() if t.name == "heartbeat"]  # type: ignore[attr-defined]
        assert len(threads) == 1
        assert enough.wait(10)
        assert WorkerProcess.objects.filter(pid=os.getpid()).exists()
        ended, heartbeat._ended = heartbeat._ended, None
        assert ended is not None
        ended.set()
        threads[0].join(10)
        heartbeat._ended = ended
        tasks.end_heartbeat()
    assert not WorkerProcess.objects.filter(pid=os.getpid()).exists()


@pytest.mark.django_db(transaction=True)
def test_the_process_beats_until_its_last_worker_thread_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others end at once, while one waits for the answer to its call."""
    monkeypatch.setattr(heartbeat, "beat", lambda: None)
    WorkerProcess.objects.create(
        host=process_identity.host(), pid=os.getpid(), threads=2, started_at=NOW, seen_at=NOW
    )
    with ThreadPoolExecutor(1) as idle, ThreadPoolExecutor(1) as busy:
        for thread in (idle, busy):
            thread.submit(tasks.begin_heartbeat).result(10)
        beating = heartbeat._ended
        assert beating is not None
        idle.submit(tasks.end_heartbeat).result(10)
        assert not beating.is_set()
        assert WorkerProcess.objects.exists()
        busy.submit(tasks.end_heartbeat).result(10)
        assert beating.is_set()
        assert not WorkerProcess.objects.exists()
        for thread in (idle, busy):
            thread.submit(connections.close_all).result(10)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_told_once_and_told_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beats = iter([OperationalError(), OperationalError(), None, None])
    enough = heartbeat.threading.Event()  # type: ignore[attr-defined]

    def beat() -> None:
        error = next(beats, None)
        if error:
            raise error
        enough.set()

    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(heartbeat, "beat", beat)
    with capture_logs() as logs:
        heartbeat.start()
        assert enough.wait(10)
        heartbeat.stop()
        for thread in heartbeat.threading.enumerate():  # type: ignore[attr-defined]
            if thread.name == "heartbeat":
                thread.join(10)
    assert [entry["event"] for entry in logs] == ["database_away", "database_back"]
