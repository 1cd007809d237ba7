"""Who was certainly not called may ask again at once; everybody else learns from when."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http.response import HttpResponseBase
from django.test import Client

from callbacks.abuse import next_request
from callbacks.core import clock
from callbacks.lifecycle import actions, retrying, transitions
from callbacks.models import Actor, Attempt, CallRequest, ConsentEvent, Outcome, Reason, Status
from tests.support.factories import make_widget, post_form
from tests.support.forms import FILLED, Form, forms_on

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def sent(**fields: Any) -> CallRequest:
    """A request that a visitor has just sent."""
    response = post_form(Client(), make_widget(language="en"), **fields)
    assert response.status_code == 303
    return CallRequest.objects.latest("pk")


def cancelled(call_request: CallRequest) -> None:
    assert actions.cancel_by_visitor(call_request)


def too_late(call_request: CallRequest) -> None:
    move(call_request, transitions.EXPIRE, reason=Reason.TOO_LATE)


def refused(call_request: CallRequest) -> None:
    attempt(call_request, Outcome.REFUSED)
    move(call_request, transitions.REFUSE, reason=Reason.REFUSED)


def called(call_request: CallRequest) -> None:
    attempt(call_request, Outcome.ACCEPTED)
    move(call_request, transitions.ACCEPT)


def uncertain(call_request: CallRequest) -> None:
    attempt(call_request, Outcome.UNKNOWN)
    move(call_request, transitions.MARK_UNCERTAIN, reason=Reason.NO_ANSWER)


def uncertain_then_closed(call_request: CallRequest) -> None:
    uncertain(call_request)
    assert actions.close(call_request, staff())


def held_by_the_operator_then_closed(call_request: CallRequest) -> None:
    """As after a restored backup: no attempt is left of what may have been a call."""
    assert actions.hold(call_request, reason=Reason.RESTORED)
    assert actions.close(call_request, staff())


def called_by_staff(call_request: CallRequest) -> None:
    assert actions.mark_called(call_request, staff())


def refused_after_a_doubt(call_request: CallRequest) -> None:
    """The second call was refused; the first one may have rung."""
    uncertain(call_request)
    assert retrying.retry(call_request, staff(), checked=True)
    refused(call_request)


def refused_after_an_attempt_without_an_answer(call_request: CallRequest) -> None:
    attempt(call_request, Outcome.UNKNOWN)
    refused(call_request)


def staff() -> User:
    return User.objects.get_or_create(username="anne")[0]


def move(call_request: CallRequest, made: transitions.Move, **fields: Any) -> None:
    """The move of a worker, whatever it asks of the row beside its status."""
    from_status = call_request.status
    CallRequest.objects.filter(pk=call_request.pk).update(
        status=made.target, reason=fields.get("reason", ""), status_at=clock.now()
    )
    call_request.moves.create(
        at=clock.now(),
        name=made.name,
        from_status=from_status,
        to_status=made.target,
        actor=Actor.WORKER,
    )
    call_request.refresh_from_db()


def attempt(call_request: CallRequest, outcome: str) -> None:
    number = call_request.attempts_made + 1
    now = clock.now()
    Attempt.objects.create(
        call_request=call_request,
        widget=call_request.widget,
        number=number,
        started_at=now,
        deadline_at=now,
        outcome=outcome,
    )
    CallRequest.objects.filter(pk=call_request.pk).update(
        attempts_made=number, status=Status.CALLING
    )
    call_request.refresh_from_db()


NEVER_RANG = [cancelled, too_late, refused]
MAY_HAVE_RUNG = [
    *(called, uncertain, uncertain_then_closed, held_by_the_operator_then_closed),
    *(called_by_staff, refused_after_a_doubt, refused_after_an_attempt_without_an_answer),
]


@pytest.mark.parametrize("ended", NEVER_RANG)
def test_what_certainly_never_rang_is_no_reason_to_wait(
    ended: Callable[[CallRequest], None],
) -> None:
    first = sent()
    ended(first)
    assert state_of(first)["again"] == ""
    second = sent()
    assert second.pk != first.pk
    assert second.status == Status.QUEUED
    # That one may still ring.
    assert post_form(Client(), make_widget()).status_code == 429


@pytest.mark.parametrize("ended", MAY_HAVE_RUNG)
def test_what_may_have_rung_is(ended: Callable[[CallRequest], None]) -> None:
    first = sent()
    ended(first)
    assert "You can ask for another call from" in state_of(first)["again"]
    assert post_form(Client(), make_widget()).status_code == 429
    assert CallRequest.objects.count() == 1


def test_three_a_day_stay_three_although_none_of_them_rang() -> None:
    for _time in range(3):
        last = sent()
        cancelled(last)
    assert "You can ask for another call from" in state_of(last)["again"]
    assert post_form(Client(), make_widget()).status_code == 429


def test_a_retry_by_staff_counts_although_its_request_never_rang() -> None:
    first = sent()
    too_late(first)
    assert retrying.retry(first, staff())
    too_late(first)
    assert post_form(Client(), make_widget()).status_code == 429


def test_from_when_is_true() -> None:
    now = clock.now().replace(year=2027, month=1, day=15, hour=9, minute=0, second=20)
    with clock.set_to(now):
        first = sent()
        called(first)
    with clock.set_to(now + MINUTE):
        state = state_of(first)
    assert state["again"] == "You can ask for another call from 10:06."  # 9:05:20 UTC
    assert state["refresh_seconds"] == 4 * 60 + 1
    with clock.set_to(now + 5 * MINUTE - timedelta(seconds=1)):
        assert post_form(Client(), make_widget()).status_code == 429
    with clock.set_to(now + 5 * MINUTE):
        assert state_of(first)["again"] == ""
        sent()


@pytest.mark.parametrize("later", [0, 1])
def test_a_request_that_leaves_the_window_meanwhile_frees_nobody_else(
    monkeypatch: pytest.MonkeyPatch, later: int
) -> None:
    """The first one never rang, the second did. While the form is looked at, the first one's five
    minutes end (now, or a millisecond ago), and those of the second have just begun.
    """
    now = clock.now()
    with clock.set_to(now):
        cancelled(sent())
    with clock.set_to(now + 4 * MINUTE):
        called(sent())
    freed = next_request.freed

    with ExitStack() as times:
        times.enter_context(clock.set_to(now + 5 * MINUTE - timedelta(milliseconds=1)))

        def slowly(*known: Any) -> Any:
            found = freed(*known)
            times.enter_context(clock.set_to(now + 5 * MINUTE + timedelta(milliseconds=later)))
            return found

        monkeypatch.setattr(next_request, "freed", slowly)
        assert post_form(Client(), make_widget()).status_code == 429
    assert CallRequest.objects.count() == 2


def test_somebody_elses_request_that_never_rang_frees_no_other_number() -> None:
    called(sent())
    cancelled(sent(number="+33 6 99 98 97 96"))
    assert post_form(Client(), make_widget()).status_code == 429


def test_a_request_that_never_rang_frees_nobody_when_its_own_five_minutes_are_over() -> None:
    now = clock.now().replace(year=2027, month=1, day=15, hour=9, minute=0, second=20)
    with clock.set_to(now):
        cancelled(sent())
    with clock.set_to(now + MINUTE):
        second = sent()
        called(second)
        assert state_of(second)["again"] == "You can ask for another call from 10:07."  # 9:06:20
    for moment in (now + 5 * MINUTE, now + 5 * MINUTE + timedelta(seconds=1)):
        with clock.set_to(moment):
            assert post_form(Client(), make_widget()).status_code == 429
    with clock.set_to(now + 6 * MINUTE):
        sent()


def test_what_was_sent_while_the_clock_was_ahead_neither_frees_the_number_nor_makes_it_wait() -> (
    None
):
    now = clock.now()
    with clock.set_to(now + timedelta(hours=6)):
        cancelled(sent())
    with clock.set_to(now):
        second = sent()
        called(second)
        assert post_form(Client(), make_widget()).status_code == 429
    with clock.set_to(now + 6 * MINUTE):
        assert state_of(second)["again"] == ""
        sent()


def state_of(call_request: CallRequest) -> Any:
    return json.loads(Client().get(f"{call_request.get_absolute_url()}state/").content)


def ask_again(call_request: CallRequest) -> Form:
    """The form as it comes back to whoever sent the request."""
    client = Client()
    page = client.get(call_request.get_absolute_url())
    (form,) = (form for form in forms_on(page) if form.action.endswith("/again/"))
    answer = client.post(form.action, form.fields)
    assert answer.status_code == 200
    return forms_on(answer)[0]


def test_the_form_comes_back_filled_in_and_is_a_new_request() -> None:
    first = sent(page_url="https://shop.example/offer?utm_source=mail")
    cancelled(first)
    form = ask_again(first)
    assert form.fields["number"] == "+33 6 12 34 56 78"
    assert form.fields["email"] == FILLED["email"]
    assert form.fields["page_url"] == "https://shop.example/offer?utm_source=mail"
    assert "consent" not in form.fields
    without = Client().post(form.action, form.fields)
    assert without.status_code == 422
    assert "Tick this box" in without.content.decode()
    response = Client().post(form.action, form.fields | {"consent": "on"})
    assert response.status_code == 303
    second = CallRequest.objects.latest("pk")
    assert (second.pk, second.nonce) != (first.pk, first.nonce)
    assert second.consent_proofs.get().event == ConsentEvent.GIVEN
    first.refresh_from_db()
    assert first.status == Status.CANCELLED


def form_to(page: HttpResponseBase, name: str) -> Form:
    """Return the form on the page that leads to one of the request's pages."""
    (form,) = (form for form in forms_on(page) if form.action.endswith(f"/{name}/"))
    return form


def test_the_form_comes_back_filled_in_after_the_sender_has_cancelled_on_the_page() -> None:
    first = sent()
    client = Client()
    step = form_to(client.get(first.get_absolute_url()), "cancel")
    question = client.post(step.action, step.fields)
    assert "Cancel this request?" in question.text
    first.refresh_from_db()
    assert first.status == Status.QUEUED  # it was only asked
    step = form_to(question, "cancel")
    page = client.post(step.action, step.fields)
    assert "Your request is cancelled" in page.text
    first.refresh_from_db()
    assert first.status == Status.CANCELLED
    step = form_to(page, "again")
    form = forms_on(client.post(step.action, step.fields))[0]
    assert form.fields["number"] == "+33 6 12 34 56 78"
    assert form.fields["email"] == FILLED["email"]


def test_nobody_else_gets_the_form_filled_in() -> None:
    first = sent()
    Client().get(first.get_absolute_url())  # by whoever sent it
    cancelled(first)
    page = Client().get(first.get_absolute_url()).content.decode()
    assert f'href="{first.widget.get_absolute_url()}"' in page
    for method in ("get", "post"):
        response = getattr(Client(), method)(f"{first.get_absolute_url()}again/")
        assert (response.status_code, response["Location"]) == (
            303,
            first.widget.get_absolute_url(),
        )
