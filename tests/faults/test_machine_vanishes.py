"""A machine that vanishes, or is paused, inside a transaction holds others up for seconds only."""

import os
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import quote

import pytest
from django.conf import settings as site_settings
from django.db import Error, OperationalError, connection, transaction
from django.test import Client

from callbacks.core import database
from callbacks.dispatch import call_switch, place_next
from callbacks.management.commands.run_housekeeping import LONGEST_WAIT
from callbacks.models import CallRequest, Status
from tests.support import database_server
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_widget
from tests.support.forms import FILLED, form_of, forms_on
from tests.support.processes.silent_proxy import SilentProxy
from tests.support.sandbox_process import ROOT

LOCK, IDLE = 0.5, 2.0
# What others are promised, in seconds.
PROMISED = 30

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# Takes the locks of a form and of a claim, says so, and then does as it is told.
HOLDER = """
import sys, django
django.setup()
from django.db import transaction
from callbacks.core import database
with transaction.atomic():
    database.lock(["pace", "account"])
    from callbacks.models import PeriodicJob
    PeriodicJob.objects.filter(name="nobody").update(locked_by="me")
    print("holds", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def short(settings):
    settings.DATABASE_LOCK_TIMEOUT, settings.DATABASE_IDLE_TIMEOUT = LOCK, IDLE


@pytest.fixture
def proxied():
    """A proxy before the database."""
    server = connection.settings_dict
    with SilentProxy(server["HOST"], int(server["PORT"])) as proxy:
        yield proxy


def holder(database_url):
    """A process of another machine that is inside a transaction, with all locks."""
    env = os.environ | {
        "DATABASE_URL": database_url,
        "DATABASE_LOCK_TIMEOUT": str(LOCK),
        "DATABASE_IDLE_TIMEOUT": str(IDLE),
        "DJANGO_SETTINGS_MODULE": "callback_site.settings",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout.readline() == "holds\n"
    return process


def sessions(state):
    """How many others are in this state."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = %s"
            " AND datname = current_database() AND pid <> pg_backend_pid()",
            [state],
        )
        return cursor.fetchone()[0]


def others():
    """Prepare a visitor and a call that is due; return a function in which both go on.

    Prepared before the locks are taken: these are held for a moment only, and a slow machine would
    send the form after it.
    """
    widget, client = make_widget(), Client()
    make_request()
    call_switch.current()
    form = form_of(client, widget)

    def go_on(most_seconds):
        """Check that the visitor is told to try again, and does, and that the call is placed."""
        answer = client.post(form.action, form.fields | FILLED)
        assert answer.status_code == 503
        (again,) = forms_on(answer)
        end = time.monotonic() + most_seconds
        while (answer := client.post(again.action, again.fields)).status_code == 503:
            assert time.monotonic() < end
            (again,) = forms_on(answer)
        assert answer.status_code == 303
        api = FakeApi()
        place_next(api)
        assert len(api.calls) == 1
        assert CallRequest.objects.filter(status=Status.CALLED).count() == 1

    return go_on


@pytest.mark.postgresql
def test_one_that_vanished_with_the_locks(short, proxied):
    others_go_on, server = others(), connection.settings_dict
    process = holder(
        f"postgresql://{quote(server['USER'])}@127.0.0.1:{proxied.port}/{server['NAME']}"
    )
    proxied.fall_silent()
    try:
        others_go_on(IDLE + 3)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.postgresql
def test_one_that_vanished_right_after_its_claims_first_message(short, proxied):
    """The server has locked for it, and has nobody to tell."""
    make_request()
    call_switch.current()
    proxied.fall_silent_after(b"FOR UPDATE OF callbacks_callrequest")
    done, vanished = threading.Event(), FakeApi()

    def claim():
        # Of this thread's connection alone.
        connection.settings_dict = {**connection.settings_dict, "PORT": proxied.port}
        try:
            with pytest.raises(Error):
                place_next(vanished)
        finally:
            connection.close()
            done.set()

    thread = threading.Thread(target=claim, daemon=True)
    thread.start()
    assert proxied.has_fallen_silent.wait(10)
    while not sessions("idle in transaction"):
        time.sleep(0.01)
    begun, api = time.monotonic(), FakeApi()
    while not api.calls and time.monotonic() < begun + IDLE + 5:
        try:
            place_next(api)
        except OperationalError:  # the lock was waited for in vain
            time.sleep(0.1)
    assert len(api.calls) == 1
    assert time.monotonic() - begun > LOCK
    proxied.speak()
    assert done.wait(20)
    assert vanished.calls == []


@pytest.mark.postgresql
def test_one_that_was_paused_with_the_locks(short):
    others_go_on = others()
    process = holder(database_server.url())
    os.kill(process.pid, signal.SIGSTOP)
    try:
        others_go_on(IDLE + 3)
        # When it goes on, its transaction is gone.
        os.kill(process.pid, signal.SIGCONT)
        process.communicate("\n", timeout=20)
        assert process.returncode != 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.postgresql
def test_a_lock_that_is_waited_for_in_vain_is_an_outage_and_no_error(short):
    held, release_job = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            database.lock(["account"])
            held.set()
            release_job.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    widget, client = make_widget(), Client()
    form = form_of(client, widget)
    assert client.post(form.action, form.fields | FILLED).status_code == 503
    release_job.set()
    thread.join()
    assert client.post(form.action, form.fields | FILLED).status_code == 303


def test_the_time_outs_add_up_to_what_is_promised():
    """A vanished machine's statement runs to its end, then its silence; then others try again."""
    own = site_settings.DATABASE_STATEMENT_TIMEOUT + site_settings.DATABASE_IDLE_TIMEOUT
    assert own + max(site_settings.DATABASE_LOCK_TIMEOUT, LONGEST_WAIT) <= PROMISED
