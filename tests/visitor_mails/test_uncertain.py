"""A visitor is told that nobody knows whether their phone rang, and is promised no call."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from callbacks.call_api import OutcomeUnknown
from callbacks.core import clock
from callbacks.dispatch import place_next
from callbacks.lifecycle import retrying, transitions
from callbacks.models import Actor, Attempt, CallRequest, Reason, Status, Widget
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.visitor_mails import ask, ends, parts, send

pytestmark = pytest.mark.django_db


def called_without_an_answer(widget: Widget) -> CallRequest:
    """Return a request whose call got no clear answer; its confirmation was sent before."""
    call_request = ask(widget)
    send()
    place_next(FakeApi(OutcomeUnknown("no answer", code="timeout")))  # type: ignore[arg-type]
    call_request.refresh_from_db()
    assert call_request.status == Status.UNCERTAIN
    return call_request


def test_a_call_without_a_clear_answer_is_told(shop: Widget) -> None:
    call_request = called_without_an_answer(shop)
    [email] = send()
    text, _html, _message = parts(email)
    assert email.subject == "We don't know whether your phone rang"
    assert "We got no clear answer about your call to +33 6 •• •• •• 78" in text.replace(
        "\xa0", " "
    )
    assert "we won't try again automatically" in text
    assert "If your phone rang, you don't need to do anything." in text
    assert f"/r/{call_request.token}/" in text
    assert not {"We'll call", "We'll try"} & set(text.splitlines())
    assert send() == []


def test_a_call_whose_worker_died_is_told_once(shop: Widget) -> None:
    call_request = ask(shop)
    send()
    now = clock.now()
    transitions.transition(call_request, transitions.CLAIM, Actor.WORKER, attempts_made=1)
    Attempt.objects.create(
        call_request=call_request,
        widget=shop,
        number=1,
        started_at=now,
        deadline_at=now,
        worker="w",
        service="s",
    )
    later = now + timedelta(minutes=5)
    with clock.set_to(later):
        housekeeping.run_round()
        housekeeping.run_round()
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.UNCERTAIN, Reason.WORKER_DIED)
    assert [email.subject for email in send(later)] == ["We don't know whether your phone rang"]


def test_a_late_answer_that_the_phone_rings_is_not_contradicted(shop: Widget) -> None:
    call_request = called_without_an_answer(shop)
    transitions.transition(call_request, transitions.LATE_ACCEPT, Actor.WORKER)
    assert send() == []
    assert ends()[-1] == ("uncertain", "dropped", "outdated")


def test_who_is_called_again_meanwhile_is_not_told(shop: Widget) -> None:
    call_request = called_without_an_answer(shop)
    retrying.retry(call_request, User.objects.create(username="chief"), checked=True)
    assert send() == []
    assert ends()[-1] == ("uncertain", "dropped", "outdated")


def test_a_restored_backup_tells_visitors_nothing(shop: Widget) -> None:
    call_request = ask(shop)
    send()
    transitions.transition(call_request, transitions.HOLD, Actor.OPERATOR, reason=Reason.RESTORED)
    assert send() == []
    assert [event for event, _state, _problem in ends()] == ["asked"]


def test_a_widget_that_sends_no_emails_sends_none(shop: Widget) -> None:
    shop.mails_visitors = False
    shop.save()
    called_without_an_answer(shop)
    assert ends() == []
