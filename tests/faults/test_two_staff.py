"""Two members of staff press "retry" at once: one call, and the second is told."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import reverse

from callbacks.dispatch import PlaceResult, place_next
from callbacks.lifecycle import retrying
from callbacks.models import Reason, Status
from callbacks.staff.requests.actions import RETRY
from callbacks.staff.requests.carry_out import Seen
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = ("anne", "bob")
DONE = "1 request is back in the queue."
TOLD = "%s was left as it is: it has changed in the meantime"


@pytest.fixture
def uncertain():
    return make_request(status=Status.UNCERTAIN, reason=Reason.NO_ANSWER, attempts_made=1)


@pytest.fixture
def together(monkeypatch):
    """Each retry waits, having read the request, until the other one has read it as well."""
    both = threading.Barrier(len(PEOPLE), timeout=20)

    def wait_then_retry(*args, **options):
        both.wait()
        return retrying.retry(*args, **options)

    monkeypatch.setitem(vars(RETRY), "run", wait_then_retry)


def press(name, call_request):
    """What this person then reads, on the page that the button leads to."""
    try:
        client = Client()
        client.force_login(get_user_model().objects.get(username=name))
        address = reverse("admin:callbacks_callrequest_act", args=["retry"])
        form = {
            "seen": str(Seen.of(call_request)),
            "confirmed": "on",
            "note": name,
            "back": "detail",
        }
        # Not its context: that is collected by a signal, from all threads.
        return client.post(address, form, follow=True).content.decode()
    finally:
        connection.close()


def test_one_call_and_the_second_is_told(uncertain, together, settings):
    settings.LANGUAGE_CODE = "en"
    for name in PEOPLE:
        get_user_model().objects.create_superuser(name)
    with ThreadPoolExecutor(len(PEOPLE)) as pool:
        told = list(pool.map(lambda name: press(name, uncertain), PEOPLE))
    assert [DONE in page for page in told].count(True) == 1
    assert [DONE in page or TOLD % uncertain in page for page in told] == [True, True]
    api = FakeApi()
    assert [place_next(api), place_next(api)] == [PlaceResult.WORKED, PlaceResult.IDLE]
    assert len(api.calls) == 1
    uncertain.refresh_from_db()
    assert uncertain.moves.filter(name="retry").count() == 1
    assert uncertain.attempts.get().person.username in PEOPLE
