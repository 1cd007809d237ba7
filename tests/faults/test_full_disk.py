"""SQLite on a disk that is full: nothing is promised, nothing is lost, nothing happens twice."""

import sqlite3
import threading

import pytest
from django.db import connection
from django.test import Client

from benchmarks.havoc.disk import disk
from callbacks.core import availability
from callbacks.dispatch import PlaceResult, call_switch, place_next
from callbacks.models import CallRequest, Status
from tests.support import database_server
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_widget
from tests.support.forms import FILLED, form_of, forms_on

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def small_disk(transactional_db):
    """A small disk with the test's database on it, which can be full."""
    if connection.vendor != "sqlite":
        pytest.skip("for SQLite only")
    with disk("16m") as small:
        if not small.can_be_full:
            pytest.skip("no file system may be mounted here")
        connection.ensure_connection()
        copy = small.folder / "db.sqlite3"
        with sqlite3.connect(copy) as file:
            connection.connection.backup(file)
        file.close()
        with database_server.opened_with(NAME=str(copy)):
            yield small


def test_a_form_is_refused_and_can_be_sent_again(small_disk):
    widget, client = make_widget(), Client()
    form = form_of(client, widget)
    small_disk.fill()
    refused = client.post(form.action, form.fields | FILLED)
    assert refused.status_code == 503
    (again,) = forms_on(refused)
    assert again.fields.items() >= FILLED.items()
    small_disk.empty()
    assert client.post(again.action, again.fields).status_code == 303
    assert CallRequest.objects.count() == 1


def test_an_answer_in_hand_is_recorded_when_there_is_room_again(small_disk):
    call_request = make_request()
    call_switch.current()
    accepted, noticed = FakeApi().answer, threading.Event()
    original = availability.database.failed

    def notice(error):
        original(error)
        noticed.set()

    availability.database.failed = notice  # of this test's own `Availability`

    def make_room():
        assert noticed.wait(20)
        small_disk.empty()

    def answer():
        small_disk.fill()
        threading.Thread(target=make_room).start()
        return accepted

    api = FakeApi(answer=answer)
    assert place_next(api) is PlaceResult.WORKED
    assert noticed.is_set()
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED
    assert place_next(api) is PlaceResult.IDLE
    assert len(api.calls) == 1
