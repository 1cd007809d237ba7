"""Acting on hundreds of requests: all are dealt with, whatever happens to one of them."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from callbacks import lifecycle
from callbacks.desk.actions import MOST
from callbacks.models import CallRequest, Move, Status
from tests.desk.staff import LIST, action_url, confirm, fields_of, messages_on, select
from tests.factories import make_request, make_widget

pytestmark = pytest.mark.django_db


def make_many(count: int) -> list[CallRequest]:
    first = make_request(status=Status.FAILED, widget=make_widget())
    copies = []
    for number in range(1, count):
        copy = CallRequest.objects.get(pk=first.pk)
        copy.pk, copy.token, copy.nonce = None, f"token-{number}", f"many-{number}"
        copies.append(copy)
    return [first, *CallRequest.objects.bulk_create(copies)]


def test_three_hundred_are_queued_again(desk: Client) -> None:
    requests = make_many(300)
    shown = fields_of(select(desk, "retry", *requests), action_url("retry"))
    assert confirm(desk, "retry", shown) == ["300 requests are queued again."]
    assert Move.objects.filter(name="retry").count() == 300


def test_all_that_a_filter_finds_can_be_chosen(desk: Client) -> None:
    requests = make_many(120)
    make_request(status=Status.UNCERTAIN)
    data = {
        "action": "close",
        "index": "0",
        "select_across": "1",
        "_selected_action": [requests[0].pk],
    }
    html = desk.post(f"{LIST}?status__exact=failed", data).content.decode()
    assert len(fields_of(html, action_url("close"))["seen"]) == 120


def test_more_than_the_most_is_refused(desk: Client) -> None:
    make_many(MOST + 1)
    data = {"action": "retry", "index": "0", "select_across": "1", "_selected_action": ["1"]}
    answer = desk.post(LIST, data, follow=True)
    assert messages_on(answer.content.decode()) == [
        f"That is more than {MOST} requests: please narrow the selection."
    ]
    seen = [f"{number}:failed:0" for number in range(1, MOST + 2)]
    assert confirm(desk, "retry", {"seen": seen}) == [
        "Nothing was done: please select the requests again."
    ]
    assert not Move.objects.exists()


def test_a_database_that_goes_away_midway_leaves_clear_words(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = make_many(4)
    shown = fields_of(select(desk, "close", *requests), action_url("close"))
    make, calls = lifecycle.make, []

    def make_or_break(request: CallRequest, *args: Any, **kwargs: Any) -> bool:
        calls.append(request.pk)
        if len(calls) == 3:
            raise OperationalError("database is locked")
        return make(request, *args, **kwargs)

    monkeypatch.setattr(lifecycle, "make", make_or_break)
    done, broken = confirm(desk, "close", shown)
    assert done == "2 requests are closed."
    assert broken.startswith("The database could not take it")
    assert f"{requests[2]}, {requests[3]}" in broken
    assert len(calls) == 3  # nobody waits for the same database again
    assert Move.objects.count() == 2
