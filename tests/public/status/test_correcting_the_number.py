"""Whoever mistyped their number can correct it while the request waits, without a script."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from callbacks.abuse import block_list
from callbacks.core import clock, crypto
from callbacks.intake import correction
from callbacks.intake.errors import Rejected
from callbacks.models import (
    BlockKind,
    CallRequest,
    ConsentEvent,
    ConsentProof,
    LimitHit,
    Refusal,
    Status,
)
from tests.support.challenges import challenge_in, solved
from tests.support.concurrency import concurrently
from tests.support.factories import make_request, make_widget, post_form
from tests.support.forms import forms_on
from tests.support.hours.december import at, widget_with

pytestmark = pytest.mark.django_db


def correct(call_request: CallRequest, number: str) -> Any:
    client = Client()
    page = client.get(f"{call_request.get_absolute_url()}number/")
    assert page.status_code == 200
    (form,) = forms_on(page)
    return client.post(form.action, form.fields | {"number": number})


def test_the_new_number_is_called() -> None:
    call_request = make_request(number="+33612345678")
    response = correct(call_request, "06 87 65 43 21")
    assert (response.status_code, response["Location"]) == (303, call_request.get_absolute_url())
    call_request.refresh_from_db()
    assert (call_request.number, call_request.status) == ("+33687654321", "queued")
    assert CallRequest.objects.count() == 1


def test_the_page_shows_no_full_number() -> None:
    call_request = make_request(number="+33612345678")
    page = Client().get(f"{call_request.get_absolute_url()}number/").content.decode()
    assert "78" in page
    assert "12 34 56" not in page.replace("\u00a0", " ")


def test_a_wrong_number_comes_back_with_what_is_wrong() -> None:
    call_request = make_request(number="+33612345678", language="en")
    response = correct(call_request, "0899 12 34 56")
    assert response.status_code == 422
    (form,) = forms_on(response)
    assert form.fields["number"] == "0899 12 34 56"
    assert form.attributes["number"]["aria-describedby"] == "number-hint number-error"
    assert 'href="#number"' in response.content.decode()
    # A page that renews itself would wipe out what is being typed.
    assert "http-equiv" not in response.content.decode()
    call_request.refresh_from_db()
    assert call_request.number == "+33612345678"


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
    call_request = make_request(number="+33612345678")
    statuses = [correct(call_request, f"06876543{last}").status_code for last in (21, 22, 23)]
    assert statuses == [303, 303, 429]
    assert Refusal.objects.get().kind == "address"
    call_request.refresh_from_db()
    assert call_request.number == "+33687654322"


def test_a_number_on_the_block_list_is_not_taken() -> None:
    block_list.add(BlockKind.NUMBER, "+33687654321")
    call_request = make_request(number="+33612345678", language="en")
    response = correct(call_request, "0687654321")
    assert response.status_code == 422
    assert "take a call request with these details." in response.content.decode()
    assert Refusal.objects.get().kind == "blocked"
    call_request.refresh_from_db()
    assert call_request.number == "+33612345678"


@pytest.mark.parametrize("status", [Status.CALLING, Status.CALLED, Status.FAILED])
def test_once_it_is_called_it_is_too_late(status: str) -> None:
    call_request = make_request(status=status, number="+33612345678", language="en")
    path = f"{call_request.get_absolute_url()}number/"
    assert Client().get(path)["Location"] == call_request.get_absolute_url()
    response = Client().post(path, {"number": "0687654321"})
    assert response.status_code == 409
    assert "too late to change this request" in response.content.decode()
    call_request.refresh_from_db()
    assert (call_request.number, call_request.status) == ("+33612345678", status)


def test_a_change_that_crossed_another_is_made_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    call_request = make_request(number="+33612345678")
    really = correction.correct_number
    seen = []  # type: ignore[var-annotated]

    def crossed(call_request: CallRequest, typed: str, **options: str) -> bool:
        if not seen:
            CallRequest.objects.filter(pk=call_request.pk).update(
                **crypto.number_columns("+33612345600")
            )
        seen.append(call_request.number)
        return really(call_request, typed, **options)

    monkeypatch.setattr(correction, "correct_number", crossed)
    assert correct(call_request, "0687654321").status_code == 303
    assert seen == ["+33612345678", "+33612345600"]
    call_request.refresh_from_db()
    assert call_request.number == "+33687654321"


def test_a_number_is_corrected_three_times_and_then_the_page_says_what_to_do_instead() -> None:
    call_request = make_request(number="+33612345678", language="en")
    for last in (21, 22, 23):
        assert correct(call_request, f"06876543{last}").status_code == 303
    path = f"{call_request.get_absolute_url()}number/"
    for answer in (Client().get(path), Client().post(path, {"number": "0687654324"})):
        page = answer.content.decode()
        assert "has already been changed 3 times" in page
        assert f'href="{call_request.get_absolute_url()}cancel/"' in page
        assert forms_on(answer) == []
    assert answer.status_code == 422
    call_request.refresh_from_db()
    assert call_request.number == "+33687654323"


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Please try again in about 5 min"), ("fr", "environ 5 min")]
)
def test_a_limit_is_told_in_the_language_of_the_request(language: str, words: str) -> None:
    assert correct(make_request(), "0687654321").status_code == 303
    page = correct(make_request(language=language), "0687654321").content.decode()
    assert words in page


@pytest.mark.django_db(transaction=True)
def test_corrections_that_are_sent_at_once_are_three_at_most() -> None:
    call_request = make_request(number="+33612345678")

    def send(index: int) -> int:
        path = f"{call_request.get_absolute_url()}number/"
        return Client().post(path, {"number": f"0687654{320 + index}"}).status_code

    statuses = concurrently(6, send) + concurrently(6, send)
    assert set(statuses) <= {303, 409, 422, 429}
    corrections = ConsentProof.objects.filter(
        call_request=call_request, event=ConsentEvent.CORRECTED
    )
    assert 1 <= corrections.count() <= correction.MOST_CORRECTIONS


def test_each_correction_costs_a_proof_of_work_of_its_own() -> None:
    widget = make_widget(proof_of_work="always")
    call_request = make_request(widget=widget, number="+33612345678", language="en")
    path = f"{call_request.get_absolute_url()}number/"
    assert "need to check each one" in correct(call_request, "0687654321").content.decode()
    page = Client().get(path)
    right = solved(challenge_in(forms_on(page)[0], page.content.decode()))
    numbers = ["0687654321", "0687654322", "0687654323"]
    answers = [Client().post(path, {"number": number, "proof": right}) for number in numbers]
    assert [answer.status_code for answer in answers] == [303, 422, 422]
    call_request.refresh_from_db()
    assert call_request.number == "+33687654321"
    again = solved(challenge_in(forms_on(answers[2])[0], answers[2].content.decode()))
    assert Client().post(path, {"number": numbers[1], "proof": again}).status_code == 303


def test_a_correction_takes_a_place_of_the_widgets_caps() -> None:
    widget = make_widget(hourly_cap=2)
    assert post_form(Client(), widget).status_code == 303
    call_request = CallRequest.objects.get()
    assert correct(call_request, "0687654321").status_code == 303
    refused = correct(call_request, "0687654322")
    assert refused.status_code == 429
    assert Refusal.objects.get().kind == "widget"
    assert post_form(Client(), widget, number="0687654323").status_code == 429
    call_request.refresh_from_db()
    assert call_request.number == "+33687654321"


def test_a_correction_that_is_refused_uses_up_nobodys_limit() -> None:
    widget = make_widget(hourly_cap=1)
    assert post_form(Client(), widget).status_code == 303
    call_request, hits = CallRequest.objects.get(), LimitHit.objects.count()
    for last in range(30):
        assert correct(call_request, f"06876543{last:02}").status_code == 429
    assert LimitHit.objects.count() == hits


@pytest.mark.parametrize(
    ("kind", "value"),
    [(BlockKind.ADDRESS, "192.0.2.0/24"), (BlockKind.DOMAIN, "spam.example")],
)
def test_whoever_is_on_the_block_list_may_not_correct_a_number(kind: str, value: str) -> None:
    call_request = make_request(number="+33612345678", email="jo@spam.example")
    block_list.add(kind, value)
    path = f"{call_request.get_absolute_url()}number/"
    answer = Client(REMOTE_ADDR="192.0.2.7").post(path, {"number": "0687654321"})
    assert answer.status_code == 422
    assert Refusal.objects.get().kind == "blocked"
    call_request.refresh_from_db()
    assert call_request.number == "+33612345678"


def test_a_bot_that_fills_in_every_field_corrects_nothing() -> None:
    call_request = make_request(number="+33612345678")
    path = f"{call_request.get_absolute_url()}number/"
    page = Client().get(path)
    assert "website" in forms_on(page)[0].fields
    answer = Client().post(path, {"number": "0687654321", "website": "x"})
    assert answer.status_code == 422
    assert Refusal.objects.get().kind == "bot"
    call_request.refresh_from_db()
    assert call_request.number == "+33612345678"


def test_a_number_of_another_zone_must_be_open_in_the_chosen_slot() -> None:
    """In December, Réunion is three hours ahead: 18:00 in Paris is after the last legal hour."""
    widget = widget_with(sales_hours=True, allowed_regions=["FR", "RE"], slot_minutes=30)
    for hour, status in ((18, 422), (11, 303)):
        call_request = make_request(
            widget=widget,
            number="+33612345678",
            consumer_zone="Europe/Paris",
            language="en",
            due_at=at(2, hour),
            slot_start=at(2, hour),
            slot_end=at(2, hour, 30),
            patience_until=at(2, hour, 30),
            is_scheduled=True,
            queue_position=None,
        )
        with clock.set_to(at(1, 20)):
            response = correct(call_request, f"0692 12 34 {hour}")
        assert response.status_code == status
        call_request.refresh_from_db()
        assert (call_request.number == "+33612345678") is (status == 422)
    assert call_request.consumer_zone == "Indian/Reunion"


@pytest.mark.parametrize(
    ("sales_hours", "number", "is_flagged"),
    [(True, "0692123411", True), (True, "0687654321", False), (False, "0692123411", False)],
)
def test_the_times_are_worked_out_anew_for_a_number_of_another_zone(
    sales_hours: bool, number: str, is_flagged: bool
) -> None:
    widget = widget_with(sales_hours=sales_hours, allowed_regions=["FR", "RE"])
    type(widget).objects.update(has_old_times=False)
    call_request = make_request(
        widget=widget, number="+33612345678", consumer_zone="Europe/Paris", language="en"
    )
    with clock.set_to(at(2, 11)):
        assert correct(call_request, number).status_code == 303
    widget.refresh_from_db()
    assert widget.has_old_times is is_flagged


def test_another_request_with_the_same_number_keeps_it() -> None:
    call_request, other = (make_request(number="+33612345678") for _ in range(2))
    assert correct(call_request, "06 87 65 43 21").status_code == 303
    other.refresh_from_db()
    assert other.number == "+33612345678"


def test_a_row_that_was_erased_after_it_was_read_is_not_corrected() -> None:
    call_request = make_request(number="+33612345678")
    CallRequest.objects.filter(pk=call_request.pk).update(erased_at=clock.now())
    assert not correction.correct_number(call_request, "06 87 65 43 21")


def test_three_corrections_are_allowed_besides_the_consent_of_the_form() -> None:
    widget = make_widget()
    assert post_form(Client(), widget).status_code == 303
    call_request = CallRequest.objects.get()
    for last in (21, 22, 23):
        assert correct(call_request, f"06876543{last}").status_code == 303


def test_refused_corrections_are_recorded_by_address() -> None:
    call_request = make_request(number="+33612345678")
    block_list.add(BlockKind.NUMBER, "+33687654321")
    for address in ("192.0.2.7", "192.0.2.8"):
        with pytest.raises(Rejected):
            correction.correct_number(call_request, "06 87 65 43 21", address=address)
    assert Refusal.objects.values("address_hash").distinct().count() == 2
