"""What only bots get wrong: a field nobody sees, and under pressure a proof of work."""

import json
import time
from base64 import b64decode, b64encode
from typing import Any
from unittest.mock import patch

import altcha
import pytest
from django.test import Client

from callbacks.abuse import proof_of_work
from callbacks.intake import form_token
from callbacks.models import CallRequest, LimitHit, Refusal, Widget
from tests.support.challenges import challenge_in, solved
from tests.support.concurrency import concurrently
from tests.support.factories import make_widget, post_form
from tests.support.forms import FILLED, Form, form_of, forms_on

pytestmark = pytest.mark.django_db


def form_and_challenge(widget: Widget) -> tuple[Form, dict[str, Any]]:
    response = Client().get(widget.get_absolute_url())
    form = forms_on(response)[0]
    return form, challenge_in(form, response.content.decode())


# -- the field that nobody sees ---------------------------------------------------------------


def test_the_trap_for_bots_is_out_of_everybodys_way() -> None:
    page = Client().get(make_widget().get_absolute_url()).content.decode()
    trap = page[page.index('<div class="unseen" aria-hidden="true">') :].partition("</div>")[0]
    assert 'name="website"' in trap
    assert 'tabindex="-1" autocomplete="off"' in trap
    assert "style=" not in page


def test_who_fills_it_in_is_refused_and_learns_nothing() -> None:
    widget = make_widget(language="en")
    response = post_form(Client(REMOTE_ADDR="192.0.2.7"), widget, website="https://spam.example")
    assert response.status_code == 422
    assert "take a call request with these details." in response.content.decode()
    assert "spam.example" not in response.content.decode()
    assert not CallRequest.objects.exists()
    refusal = Refusal.objects.get()
    assert (refusal.widget, refusal.kind, refusal.count) == (widget, "bot", 1)
    assert refusal.address_hash


def test_a_person_whose_browser_filled_it_in_can_send_the_form_again() -> None:
    client = Client()
    response = post_form(client, make_widget(), website="x")
    form = forms_on(response)[0]
    assert client.post(form.action, form.fields).status_code == 303


# -- the minimum time -------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "marks"), [(0.0, 1), (1.5, 0)])
def test_a_form_that_is_faster_than_a_person_is_taken_but_counted(
    seconds: float, marks: int
) -> None:
    widget, client = make_widget(), Client()
    form = form_of(client, widget)
    with patch("time.time", return_value=time.time() + seconds):
        assert client.post(form.action, form.fields | FILLED).status_code == 303
    assert LimitHit.objects.filter(key=f"fast:{widget.pk}").count() == marks


@pytest.mark.parametrize("seconds", [5.0, 3600.0])
def test_a_form_shown_by_a_clock_that_is_ahead_is_taken_and_counts_as_no_bots(
    seconds: float,
) -> None:
    """Of two web servers behind one address, one shows the form and the other takes it."""
    widget, client = make_widget(), Client()
    with patch("time.time", return_value=time.time() + seconds):
        form = form_of(client, widget)
    response = client.post(form.action, form.fields | FILLED)
    assert response.status_code == 303
    assert CallRequest.objects.get().get_absolute_url() == response["Location"]
    assert not LimitHit.objects.filter(key=f"fast:{widget.pk}").exists()


# -- the proof of work ------------------------------------------------------------------------


def test_without_pressure_nothing_is_asked() -> None:
    assert "proof" not in form_of(Client(), make_widget()).fields
    assert "proof" not in form_of(Client(), make_widget(proof_of_work="off")).fields


def test_a_form_with_its_proof_is_taken_once() -> None:
    widget = make_widget(proof_of_work="always")
    form, challenge = form_and_challenge(widget)
    filled = form.fields | FILLED | {"proof": solved(challenge)}
    first = Client().post(form.action, filled)
    assert first.status_code == 303
    assert Client().post(form.action, filled)["Location"] == first["Location"]
    assert CallRequest.objects.count() == 1


def test_a_proof_is_good_for_one_form() -> None:
    widget = make_widget(proof_of_work="always")
    right = solved(form_and_challenge(widget)[1])
    other = form_of(Client(), widget)
    response = Client().post(other.action, other.fields | FILLED | {"proof": right})
    assert response.status_code == 422
    assert not CallRequest.objects.exists()


def test_a_proof_is_good_once_also_when_its_form_was_refused() -> None:
    widget, client = make_widget(proof_of_work="always", language="en"), Client()
    form, challenge = form_and_challenge(widget)
    filled = form.fields | FILLED | {"proof": solved(challenge)}
    refused = client.post(form.action, filled | {"number": "0899 12 34 56"})
    assert refused.status_code == 422
    again = client.post(form.action, filled)
    assert again.status_code == 422
    assert "need to check each one" in again.content.decode()
    assert not CallRequest.objects.exists()
    new = solved(challenge_in(forms_on(again)[0], again.content.decode()))
    assert client.post(form.action, filled | {"proof": new}).status_code == 303


@pytest.mark.django_db(transaction=True)
def test_one_proof_that_is_sent_many_times_at_once_is_good_once() -> None:
    widget = make_widget(proof_of_work="always")
    form, challenge = form_and_challenge(widget)
    filled = form.fields | FILLED | {"proof": solved(challenge)}

    def send(index: int) -> None:
        Client().post(form.action, filled | {"number": f"0899 12 34 {50 + index}"})

    concurrently(6, send)
    assert sum(Refusal.objects.filter(kind="bot").values_list("count", flat=True)) == 5


def test_without_proof_nothing_that_was_typed_is_lost() -> None:
    widget = make_widget(proof_of_work="always", language="en")
    response = post_form(Client(), widget)
    assert response.status_code == 422
    page = response.content.decode()
    assert "need to check each one" in page
    assert "<noscript>" in page
    assert "needs JavaScript" in page
    assert not CallRequest.objects.exists()
    assert Refusal.objects.get().kind == "bot"

    form = forms_on(response)[0]
    assert {name: form.fields[name] for name in FILLED} == FILLED
    again = form.fields | {"proof": solved(challenge_in(form, page))}
    assert Client().post(form.action, again).status_code == 303


def test_pressure_that_began_since_the_form_was_shown_asks_for_it_too() -> None:
    widget, client = make_widget(), Client()
    form = form_of(client, widget)
    widget.proof_of_work = "always"
    widget.save()
    response = client.post(form.action, form.fields | FILLED)
    assert response.status_code == 422
    assert "proof" in forms_on(response)[0].fields


def test_a_forged_challenge_proves_nothing() -> None:
    easy = altcha.create_challenge("SHA-256", 1, counter=0, hmac_secret="mine")
    assert not proof_of_work.is_right(solved(easy.to_dict()), "token")


def test_a_challenge_expires_with_the_form() -> None:
    right = solved(json.loads(proof_of_work.challenge("token", form_token.MAX_AGE)))
    assert proof_of_work.is_right(right, "token")
    later = time.time() + form_token.MAX_AGE.total_seconds() + 2
    with patch("altcha.v2.time.time", return_value=later):
        assert not proof_of_work.is_right(right, "token")


@pytest.mark.parametrize(
    "sent",
    ["", "é\x00", "bnVsbA==", "W10=", "e30=", "MQ==", "eyJjaGFsbGVuZ2UiOltdLCJzb2x1dGlvbiI6MX0="],
)
def test_whatever_else_came_is_no_proof(sent: str) -> None:
    assert not proof_of_work.is_right(sent, "token")


@pytest.mark.parametrize(
    "change",
    [
        {"challenge": {"parameters": None}},
        {"challenge": {"parameters": {}}},
        {"challenge": []},
        {"solution": {"counter": "x", "derivedKey": 3}},
        {"solution": {"counter": 0, "derivedKey": "00"}},
        {"solution": None},
    ],
)
def test_nor_is_one_that_was_changed(change: dict[str, Any]) -> None:
    right = json.loads(
        b64decode(solved(json.loads(proof_of_work.challenge("token", form_token.MAX_AGE))))
    )
    assert not proof_of_work.is_right(
        b64encode(json.dumps(right | change).encode()).decode(), "token"
    )
