"""Whoever has sent a number sees it in full, for a while; everybody else sees it masked."""

import html
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.models import CallControl, CallRequest
from callbacks.public.status import sender
from tests.support.factories import make_request, make_widget, post_form
from tests.support.forms import forms_on

pytestmark = pytest.mark.django_db

IN_FULL, MASKED = "+33 6 12 34 56 78", "+33 6 •• •• •• 78"


def sent(**fields: Any) -> CallRequest:
    response = post_form(Client(), make_widget(language="en"), **fields)
    assert response.status_code == 303
    assert "key" not in response["Location"]
    return CallRequest.objects.latest("pk")


def view(call_request: CallRequest, place: str = "") -> str:
    return readable(Client().get(place or call_request.get_absolute_url()))


def readable(response: Any) -> str:
    assert response.status_code == 200
    return html.unescape(response.content.decode()).replace("\u00a0", " ")


def key_in(page: str) -> str:
    found = re.search(r'data-key="([^"]+)"', page)
    return found[1] if found else ""


def state_of(call_request: CallRequest, key: str) -> str:
    answer = Client().post(f"{call_request.get_absolute_url()}state/", {"key": key})
    text: str = json.loads(answer.content)["text"]
    return text.replace("\u00a0", " ")


def test_the_page_that_the_form_leads_to_shows_the_whole_number() -> None:
    call_request = sent()
    assert f"We'll call {IN_FULL}, usually within seconds" in view(call_request)


def test_in_the_frame_as_well() -> None:
    call_request = sent()
    assert IN_FULL in view(call_request, f"/embed/r/{call_request.token}/")
    assert MASKED in view(call_request)


def test_whoever_opens_it_later_sees_it_masked() -> None:
    call_request = sent()
    view(call_request)
    again = view(call_request)
    assert MASKED in again
    assert IN_FULL not in again
    assert not key_in(again)


def test_a_request_for_the_head_alone_is_no_view() -> None:
    """Programs that look whether a link works ask so."""
    call_request = sent()
    assert Client().head(call_request.get_absolute_url()).status_code == 200
    assert IN_FULL in view(call_request)


def test_of_two_views_at_once_one_is_the_first() -> None:
    sent()
    one, other = CallRequest.objects.get(), CallRequest.objects.get()
    keys = [sender.key_of_first_view(one), sender.key_of_first_view(other)]
    assert [bool(key) for key in keys] == [True, False]


def test_a_page_that_is_opened_for_the_first_time_much_later_is_somebody_elses() -> None:
    call_request = sent()
    with clock.set_to(clock.now() + sender.FIRST_VIEW + timedelta(seconds=1)):
        assert MASKED in view(call_request)


def test_a_request_that_no_visitor_sent_has_no_first_view() -> None:
    assert not key_in(view(make_request()))


def test_news_show_it_in_full_to_the_key_alone_and_for_half_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call_request = sent()
    key = key_in(view(call_request))
    assert IN_FULL in state_of(call_request, key)
    for other in ("", "x", key[:-1], key_in(view(sent(number="0687654321")))):
        assert MASKED in state_of(call_request, other)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 29 * 60)
    assert IN_FULL in state_of(call_request, key)
    monkeypatch.setattr(time, "time", lambda: now + 31 * 60)
    assert MASKED in state_of(call_request, key)


def test_the_key_stands_in_no_address() -> None:
    call_request = sent()
    response = Client().get(call_request.get_absolute_url())
    key = key_in(response.content.decode())
    assert key
    addresses = re.findall(r'(?:href|src|action|content|data-state)="([^"]*)"', readable(response))
    assert len(addresses) > 5
    assert not [address for address in addresses if key in address]
    assert "key" not in response.headers.get("Location", "")
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


def test_a_corrected_number_is_shown_in_full_once_more_and_the_old_key_opens_nothing() -> None:
    call_request = sent()
    page = Client().get(call_request.get_absolute_url())
    old = key_in(page.content.decode())
    (form,) = (form for form in forms_on(page) if form.action.endswith("/number/"))
    question = Client().post(form.action, form.fields)
    assert forms_on(question)[0].fields["number"] == IN_FULL
    assert IN_FULL in readable(question)
    corrected = {**forms_on(question)[0].fields, "number": "06 87 65 43 21"}
    answer = Client().post(form.action, corrected)
    assert answer.status_code == 303
    shown = view(call_request)
    assert "+33 6 87 65 43 21" in shown
    assert "+33 6 •• •• •• 21" in state_of(call_request, old)
    assert "+33 6 87 65 43 21" in state_of(call_request, key_in(shown))
    assert "+33 6 •• •• •• 21" in view(call_request)


def test_without_the_key_the_number_to_correct_is_neither_shown_nor_filled_in() -> None:
    call_request = sent()
    view(call_request)
    page = Client().get(f"{call_request.get_absolute_url()}number/")
    assert forms_on(page)[0].fields["number"] == ""
    assert MASKED in readable(page)


def test_what_is_erased_has_no_key() -> None:
    call_request = sent()
    erasure.erase(None, number=call_request.number)
    page = view(call_request)
    assert "Your details have been deleted" in page
    assert not key_in(page)


@pytest.mark.django_db(transaction=True)
def test_while_the_database_takes_no_writes_the_number_is_masked() -> None:
    CallControl.objects.get_or_create(pk=1)
    call_request = sent()
    with read_only():
        page = view(call_request)
    assert MASKED in page
    assert not key_in(page)
    assert IN_FULL in view(call_request)  # and this is the first view


@contextmanager
def read_only() -> Iterator[None]:
    """As after a failover to a standby."""
    off, on = {
        "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        "postgresql": (
            "SET default_transaction_read_only = on",
            "SET default_transaction_read_only = off",
        ),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(off)
    try:
        yield
    finally:
        connection.close()  # as the request's end would, for a server that takes no writes
        with connection.cursor() as cursor:
            cursor.execute(on)
