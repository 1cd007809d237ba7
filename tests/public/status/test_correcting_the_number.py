"""Whoever mistyped their number can correct it while the request waits, without a script."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from callbacks.abuse import block_list
from callbacks.core import clock, crypto
from callbacks.intake import correction
from callbacks.models import BlockKind, CallRequest, Refusal, Status
from tests.support.factories import make_request
from tests.support.forms import forms_on

pytestmark = pytest.mark.django_db


def correct(request: CallRequest, number: str) -> Any:
    client = Client()
    page = client.get(f"{request.get_absolute_url()}number/")
    assert page.status_code == 200
    (form,) = forms_on(page)
    return client.post(form.action, form.fields | {"number": number})


def test_the_new_number_is_called() -> None:
    request = make_request(number="+33612345678")
    response = correct(request, "06 87 65 43 21")
    assert (response.status_code, response["Location"]) == (303, request.get_absolute_url())
    request.refresh_from_db()
    assert (request.number, request.status) == ("+33687654321", "queued")
    assert CallRequest.objects.count() == 1


def test_the_page_shows_no_full_number() -> None:
    request = make_request(number="+33612345678")
    page = Client().get(f"{request.get_absolute_url()}number/").content.decode()
    assert "78" in page
    assert "12" not in page.replace(request.token, "").replace(request.widget.public_id, "")


def test_a_wrong_number_comes_back_with_what_is_wrong() -> None:
    request = make_request(number="+33612345678", language="en")
    response = correct(request, "0899 12 34 56")
    assert response.status_code == 422
    (form,) = forms_on(response)
    assert form.fields["number"] == "0899 12 34 56"
    assert form.attributes["number"]["aria-describedby"] == "number-error"
    assert 'href="#number"' in response.content.decode()
    # A page that renews itself would wipe out what is being typed.
    assert "http-equiv" not in response.content.decode()
    request.refresh_from_db()
    assert request.number == "+33612345678"


def test_the_limits_of_the_new_number_hold() -> None:
    now = clock.now()
    with clock.set_to(now):
        assert correct(make_request(), "0687654321").status_code == 303
    with clock.set_to(now + timedelta(minutes=1)):
        response = correct(make_request(), "0687654321")
    assert response.status_code == 429
    assert response["Retry-After"] == "300"
    refusal = Refusal.objects.get()
    assert (refusal.kind, refusal.count) == ("number", 1)
    assert refusal.number_hash == crypto.number_hash("+33687654321")


def test_nobody_tries_out_one_number_after_another(settings: Settings) -> None:
    settings.RATE_PER_ADDRESS = "2/h"
    request = make_request(number="+33612345678")
    statuses = [correct(request, f"06876543{last}").status_code for last in (21, 22, 23)]
    assert statuses == [303, 303, 429]
    assert Refusal.objects.get().kind == "address"
    request.refresh_from_db()
    assert request.number == "+33687654322"


def test_a_number_on_the_block_list_is_not_taken() -> None:
    block_list.add(BlockKind.NUMBER, "+33687654321")
    request = make_request(number="+33612345678", language="en")
    response = correct(request, "0687654321")
    assert response.status_code == 422
    assert "We cannot take a request with these details." in response.content.decode()
    assert Refusal.objects.get().kind == "blocked"
    request.refresh_from_db()
    assert request.number == "+33612345678"


@pytest.mark.parametrize("status", [Status.CALLING, Status.CALLED, Status.FAILED])
def test_once_it_is_called_it_is_too_late(status: str) -> None:
    request = make_request(status=status, number="+33612345678", language="en")
    path = f"{request.get_absolute_url()}number/"
    assert Client().get(path)["Location"] == request.get_absolute_url()
    response = Client().post(path, {"number": "0687654321"})
    assert response.status_code == 409
    assert "That came too late" in response.content.decode()
    request.refresh_from_db()
    assert (request.number, request.status) == ("+33612345678", status)


def test_a_change_that_crossed_another_is_made_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    request = make_request(number="+33612345678")
    really = correction.correct_number
    seen = []

    def crossed(asked: CallRequest, typed: str) -> bool:
        if not seen:
            CallRequest.objects.filter(pk=asked.pk).update(**crypto.number_columns("+33612345600"))
        seen.append(asked.number)
        return really(asked, typed)

    monkeypatch.setattr(correction, "correct_number", crossed)
    assert correct(request, "0687654321").status_code == 303
    assert seen == ["+33612345678", "+33612345600"]
    request.refresh_from_db()
    assert request.number == "+33687654321"
