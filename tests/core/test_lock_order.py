"""No two transactions wait for each other: locks are taken in one order, all at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from callbacks.core import database
from callbacks.dispatch import call_switch, place_next
from callbacks.models import CallRequest, PeriodicJob
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_widget

THREADS = 8
SECONDS = 4


def test_a_key_of_a_kind_without_a_place_is_refused():
    with pytest.raises(ValueError, match="unheard"):
        database.locks_of(["unheard:1"])


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_keys_are_locked_in_their_order():
    statements = database.locks_of(["account", "number:1", "widget:1"])
    alone = [
        database.locks_of([key])[0].parameters[0] for key in ("number:1", "widget:1", "account")
    ]
    assert list(statements[0].parameters) == alone


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_lock_after_a_later_one_or_after_a_row_is_noticed():
    with transaction.atomic():
        database.lock(["account"])
        with pytest.raises(AssertionError):
            database.lock(["number:1"])
    with transaction.atomic():
        PeriodicJob.objects.filter(name="a").update(locked_by="b")
        with pytest.raises(AssertionError):
            database.lock(["account"])
    with transaction.atomic():
        database.lock(["number:1", "account"])
        database.lock(["number:1"])


@pytest.mark.long
@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_workers_and_full_widgets_never_wait_for_each_other(settings):
    settings.PACE_CALLS = 0
    call_switch.current()
    widgets = [make_widget(calls_per_minute=1) for _ in range(4)]
    for turn in range(10):
        for widget in widgets:
            make_request(widget=widget, queue_position=turn)
    end = time.monotonic() + SECONDS
    deadlocks = []
    api = FakeApi()

    def work():
        try:
            while time.monotonic() < end:
                try:
                    place_next(api)
                except OperationalError as error:
                    deadlocks.append(type(error.__cause__).__name__)
                # Others are in front now: what one finds first, another finds last.
                shuffle()
        finally:
            connection.close()

    lock = threading.Lock()

    def shuffle():
        with lock:
            waiting = CallRequest.objects.filter(status="queued").order_by("?").first()
            CallRequest.objects.filter(pk=waiting.pk, status="queued").update(
                queue_position=time.monotonic_ns() % 97
            )

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work) for _ in range(THREADS)]:
            done.result()
    assert deadlocks == []
    assert len(api.calls) == len(widgets)
