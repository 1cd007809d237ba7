"""Marked data goes through every path, and is found in no log, address, message or cache key."""

import logging

import pytest
from django.core.cache import cache
from django.db import OperationalError
from huey.contrib.djhuey import HUEY

from callbacks import call_api
from callbacks.abuse import block_list
from callbacks.dispatch import place_next
from callbacks.intake import accept
from callbacks.models import CallRequest
from callbacks.worker import housekeeping, tasks
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_widget, post_form
from tests.support.samples.marks import ADDRESS, EMAIL, NUMBER, marks_in


def post(client, widget, **fields):
    typed = {"number": NUMBER, "email": EMAIL, "consent": "on"} | fields
    client.defaults["REMOTE_ADDR"] = ADDRESS
    return post_form(client, widget, **typed)


def away(*args, **kwargs):
    raise OperationalError("the database is away")


def broken(*args, **kwargs):
    raise ZeroDivisionError("a mistake of ours")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "path",
    ["accepted", "invalid", "limited", "blocked", "database away", "our own mistake"],
)
def test_the_form(path, client, said, monkeypatch):
    client.raise_request_exception = False
    widget = make_widget()
    urls = []
    if path == "limited":
        post(client, widget)
    if path == "blocked":
        block_list.add("number", NUMBER)
    if path == "database away":
        monkeypatch.setattr(accept, "accept", away)
    if path == "our own mistake":
        monkeypatch.setattr(accept, "accept", broken)
    number = "06 12 34 56 78 9 9" if path == "invalid" else NUMBER
    answer = post(client, widget, number=number)
    expected = {
        "accepted": 303,
        "invalid": 422,
        "limited": 429,
        "blocked": 422,
        "database away": 503,
        "our own mistake": 500,
    }
    assert answer.status_code == expected[path]
    urls.append(answer.headers.get("Location", ""))
    assert marks_in(said()) == []
    assert marks_in(" ".join(urls)) == []
    assert marks_in(repr(HUEY.storage.enqueued_items())) == []
    assert marks_in(repr(list(cache._cache))) == []
    if path in {"our own mistake", "accepted"}:
        assert marks_in(answer.content.decode()) == []


ANSWERS = [
    call_api.Accepted(200, ""),
    call_api.NotSent(code="connect_failed"),
    call_api.CredentialsRefused(http_status=401),
    call_api.TryLater(http_status=429),
    call_api.Refused(http_status=422),
    call_api.OutcomeUnknown(code="timeout"),
    ZeroDivisionError(),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_the_call(answer, client, said):
    post(client, make_widget())
    try:
        place_next(FakeApi(answer))
    except ZeroDivisionError:
        logging.getLogger("huey").exception("Unhandled exception in task")
    housekeeping.run_round()
    assert marks_in(said()) == []


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_a_worker_says_nothing(client):
    post(client, make_widget())
    assert tasks.notify_workers(3)
    items = HUEY.storage.enqueued_items()
    assert len(items) == 4
    for item in items:
        message = HUEY.deserialize_task(item)
        assert (message.args, message.kwargs) == ((), {})


@pytest.mark.django_db(transaction=True)
def test_the_page_of_the_request_shows_no_full_number_from_its_second_view_on(client):
    post(client, make_widget())
    call_request = CallRequest.objects.get()
    client.get(f"/r/{call_request.token}/")  # the first view is that of whoever sent the form
    for path in ("", "state/", "number/", "cancel/", "never/"):
        page = client.get(f"/r/{call_request.token}/{path}")
        assert page.status_code == 200
        text = page.content.decode().replace(" ", " ")
        assert marks_in(text) == []
