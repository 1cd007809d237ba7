"""A process that is paused inside SQLite's write holds others up, and costs no call."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from django.db import Error, connection
from django.test import Client

from callbacks.core import availability
from callbacks.dispatch import call_switch, place_next
from callbacks.models import CallRequest, Status
from callbacks.worker import tasks
from tests.support import database_server
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_widget
from tests.support.forms import FILLED, form_of, forms_on
from tests.support.sandbox_process import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

# A worker that is paused in its claim's transaction. When it goes on, it says how often it called.
PAUSED = """
import os, signal, django
django.setup()
from callbacks.dispatch import claim, place_next
from tests.support.call_service.fake_api import FakeApi
pick = claim.pick
def pick_and_pause(*args, **options):
    found = pick(*args, **options)
    os.kill(os.getpid(), signal.SIGSTOP)
    return found
claim.pick = pick_and_pause
api = FakeApi()
place_next(api)
print(len(api.calls))
"""
# Instead of the 20 s that others wait for the lock, in seconds.
SHORT = 0.3


@pytest.fixture(autouse=True)
def short_wait(transactional_db):
    if connection.vendor != "sqlite":
        pytest.skip("for SQLite only")
    options = connection.settings_dict["OPTIONS"] | {"timeout": SHORT}
    with database_server.opened_with(OPTIONS=options):
        yield


@pytest.fixture
def pause_a_worker():
    """`pause_a_worker()`: a process that is paused inside its claim of the next request."""
    processes = []

    def start():
        env = os.environ | {
            "DATABASE_URL": database_server.url(),
            "DJANGO_SETTINGS_MODULE": "callback_site.settings",
        }
        process = subprocess.Popen(
            [sys.executable, "-c", PAUSED], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        return process

    yield start
    for process in processes:
        kill(process)


def go_on(process):
    """Let the paused worker end; how often it called."""
    process.send_signal(signal.SIGCONT)
    said = process.stdout.read()
    assert process.wait(30) == 0
    return int(said)


def kill(process):
    process.kill()
    process.wait()
    process.stdout.close()
    return 0


@pytest.mark.slow
@pytest.mark.parametrize("ends", [go_on, kill])
def test_others_wait_and_go_on_when_it_does_or_is_killed(pause_a_worker, ends):
    widget, client, api = make_widget(), Client(), FakeApi()
    first = make_request(widget=widget)
    form = form_of(client, widget)
    call_switch.current()
    process = pause_a_worker()

    refused = client.post(form.action, form.fields | FILLED)
    assert refused.status_code == 503
    (again,) = forms_on(refused)
    assert again.fields.items() >= FILLED.items()
    with pytest.raises(Error) as raised:
        place_next(api)
    assert availability.is_database_away(raised.value)
    tasks.work.call_local()  # a worker's turn: no error, nothing done
    assert api.calls == []

    called = ends(process)
    answer = client.post(again.action, again.fields)
    assert answer.status_code == 303
    while place_next(api).value == "worked":
        pass
    calls = [call["destination"] for call in api.calls]
    assert called + calls.count(first.number) == 1
    assert called + len(calls) == CallRequest.objects.filter(status=Status.CALLED).count() == 2


@pytest.mark.slow
def test_an_answer_in_hand_is_kept_until_it_can_be_written(pause_a_worker):
    first, second = make_request(), make_request()
    call_switch.current()
    accepted, others = FakeApi().answer, []

    def end_it_once_noticed(process):
        assert noticed.wait(20)
        others.append(go_on(process))

    noticed = threading.Event()
    original = availability.database.failed

    def notice(error):
        original(error)
        noticed.set()

    availability.database.failed = notice  # of this test's own `Availability`

    threads = []

    def answer():
        thread = threading.Thread(target=end_it_once_noticed, args=[pause_a_worker()])
        threads.append(thread)
        thread.start()
        return accepted

    api = FakeApi(answer=answer)
    place_next(api)
    for thread in threads:
        thread.join(30)
    first.refresh_from_db()
    assert first.status == Status.CALLED
    assert noticed.is_set()
    api.answer = accepted
    while place_next(api).value == "worked":
        pass
    second.refresh_from_db()
    assert second.status == Status.CALLED
    assert sum(others) + len(api.calls) == 2
