"""Which change of a request is told to whom, and what is no longer told."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from callbacks.call_api import NotSent, OutcomeUnknown, Refused
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.dispatch import place_next
from callbacks.lifecycle import actions, transitions
from callbacks.models import (
    Actor,
    CallRequest,
    MessageKind,
    OutboxMessage,
    Reason,
    Status,
    TeamMailRecipient,
    Widget,
)
from callbacks.models.call_request import TEST_CALL
from callbacks.notifications import outbox
from callbacks.team_mails import building, events, sending
from callbacks.team_mails.recipients import Notice
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import accept_vouched, make_request, make_widget
from tests.support.team_mails import OWNER, add, send
from tests.support.visitor_mails import ask

pytestmark = pytest.mark.django_db

REFUSED = Refused("no", code="refused", http_status=400)
UNKNOWN = OutcomeUnknown("no answer", code="timeout")


def told() -> list[tuple[str, str, str]]:
    """Return the event, the state and the problem of each message to the team, in order."""
    rows = OutboxMessage.objects.filter(kind=MessageKind.TEAM_MAIL).order_by("pk")
    return list(rows.values_list("event", "state", "problem"))


def fail(error: Exception) -> None:
    """Place the next call, which ends with this error."""
    place_next(FakeApi(error))  # type: ignore[arg-type]


def test_a_new_request_is_told_at_once(shop: Widget) -> None:
    add(shop, Notice.NEW)
    ask(shop)
    [email] = send()
    assert email.subject == "New request: Shop"
    assert email.to == [OWNER]
    assert send() == []
    assert told() == [("team.new", "sent", "")]


def test_a_request_of_a_system_is_told_as_well(shop: Widget) -> None:
    add(shop, Notice.NEW)
    accept_vouched(widget=shop)
    assert len(send()) == 1


@pytest.mark.parametrize(
    ("error", "subject"),
    [(REFUSED, "Request failed: Shop"), (UNKNOWN, "Request uncertain: Shop")],
)
def test_a_call_that_went_wrong_is_told(shop: Widget, error: Exception, subject: str) -> None:
    add(shop, Notice.PROBLEMS)
    ask(shop)
    fail(error)
    [email] = send()
    assert email.subject == subject


def test_what_housekeeping_ends_is_told(shop: Widget) -> None:
    add(shop, Notice.PROBLEMS)
    make_request(widget=shop, patience_until=clock.now())
    housekeeping.run_round()
    [email] = send()
    assert "Maximum wait exceeded" in str(email.body)


def test_every_move_to_failed_or_uncertain_is_told() -> None:
    ends = {Status.FAILED: "team.failed", Status.UNCERTAIN: "team.uncertain"}
    moves = transitions.MOVES
    assert {name: str(event) for name, event in events.EVENTS.items()} == {
        name: ends[move.target] for name, move in moves.items() if move.target in ends
    }


def test_a_call_that_waits_for_its_next_try_is_not_told(shop: Widget) -> None:
    add(shop, Notice.PROBLEMS)
    ask(shop)
    fail(NotSent("no", code="connect_failed"))
    assert told() == []


def test_each_recipient_gets_what_they_chose_and_only_of_their_widget(shop: Widget) -> None:
    add(shop, Notice.NEW, email="new@shop.example.fr")
    add(shop, Notice.PROBLEMS, email="problems@shop.example.fr")
    add(make_widget(), email="other@shop.example.fr")
    ask(shop)
    assert [email.to for email in send()] == [["new@shop.example.fr"]]
    fail(REFUSED)
    assert [email.to for email in send()] == [["problems@shop.example.fr"]]


def test_one_request_is_told_once_in_an_email_with_its_latest_event(shop: Widget) -> None:
    add(shop, Notice.NEW, Notice.PROBLEMS)
    ask(shop)
    fail(REFUSED)
    [email] = send()
    assert email.subject == "Request failed: Shop"
    assert told() == [("team.new", "sent", ""), ("team.failed", "sent", "")]


def test_what_is_no_longer_true_is_not_told(shop: Widget, admin_user: Any) -> None:
    add(shop, Notice.PROBLEMS)
    call_request = ask(shop)
    fail(REFUSED)
    call_request.refresh_from_db()
    assert actions.mark_called(call_request, admin_user)
    assert send() == []
    assert told() == [("team.failed", "dropped", "outdated")]


def test_an_erased_request_is_not_told(shop: Widget) -> None:
    add(shop)
    call_request = ask(shop)
    erasure.erase(None, call_request=call_request)
    assert send() == []
    assert told() == []  # the messages went with the request
    assert TeamMailRecipient.objects.exists()


def test_a_test_call_is_not_told(shop: Widget) -> None:
    add(shop, Notice.NEW)
    ask(shop, nonce=f"{TEST_CALL}1")
    assert send() == []
    assert told() == [("team.new", "dropped", "test_call")]


def test_without_a_mail_server_nothing_is_stored(shop: Widget, settings: Settings) -> None:
    add(shop)
    settings.MAIL_IS_SET = False
    ask(shop)
    assert told() == []


def test_what_waits_stays_when_the_mail_server_is_taken_away(
    shop: Widget, settings: Settings
) -> None:
    add(shop, Notice.NEW)
    ask(shop)
    settings.MAIL_IS_SET = False
    assert send() == []
    settings.MAIL_IS_SET = True
    assert len(send(clock.now() + timedelta(hours=1))) == 1


def test_a_form_that_is_not_accepted_is_not_told(shop: Widget) -> None:
    add(shop, Notice.NEW)
    ask(shop)
    ask(shop)  # the same form again
    assert len(told()) == 1


def test_a_move_that_was_not_made_is_not_told(shop: Widget) -> None:
    add(shop, Notice.PROBLEMS)
    call_request = make_request(widget=shop)
    seen = CallRequest.objects.get(pk=call_request.pk)
    CallRequest.objects.update(attempts_made=5)
    assert not transitions.transition(
        seen, transitions.EXPIRE, Actor.WORKER, at=seen.patience_until, reason=Reason.TOO_LATE
    )
    assert told() == []


def test_an_answer_to_an_attempt_that_is_no_longer_the_latest_is_not_told(shop: Widget) -> None:
    add(shop, Notice.PROBLEMS)
    make_request(widget=shop)

    def answer_late() -> Refused:
        CallRequest.objects.update(attempts_made=2)  # somebody called again meanwhile
        return REFUSED

    place_next(FakeApi(answer_late))  # type: ignore[arg-type]
    assert CallRequest.objects.get().status == Status.CALLING
    assert told() == []


def test_what_another_process_has_sent_meanwhile_stays_sent(
    shop: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(shop, Notice.NEW)
    ask(shop)

    def sent_by_another(*_arguments: object, **_options: object) -> int:
        OutboxMessage.objects.update(state="sent")
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", sent_by_another)
    send()
    assert told() == [("team.new", "sent", "")]


def test_a_mail_server_that_is_away_is_tried_again(
    shop: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(shop, Notice.NEW)
    ask(shop)
    with monkeypatch.context() as away:
        away.setattr(EmailMessage, "send", refuse_connection)
        assert send() == []
    assert told() == [("team.new", "waiting", "mail_away")]
    assert send() == []  # not at once
    [email] = send(clock.now() + timedelta(minutes=2))
    assert email.subject == "New request: Shop"
    assert OutboxMessage.objects.get().attempts == 2


def refuse_connection(*_arguments: object, **_options: object) -> int:
    raise ConnectionRefusedError


def test_it_is_given_up_after_the_last_attempt(
    shop: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(shop, Notice.NEW)
    ask(shop)
    OutboxMessage.objects.update(attempts=outbox.MOST_ATTEMPTS - 1)
    monkeypatch.setattr(EmailMessage, "send", refuse_connection)
    send()
    assert told() == [("team.new", "failed", "mail_away")]


def test_an_email_that_cannot_be_built_stops_no_other(
    shop: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = add(shop, email="first@shop.example.fr")
    add(shop, email="second@shop.example.fr")
    ask(shop)
    build = building.email

    def broken(recipient: TeamMailRecipient, *rest: Any) -> Any:
        if recipient.pk == first.pk:
            raise ZeroDivisionError
        return build(recipient, *rest)

    monkeypatch.setattr(building, "email", broken)
    assert [email.to for email in send()] == [["second@shop.example.fr"]]
    assert sorted(told()) == [
        ("team.new", "sent", ""),
        ("team.new", "waiting", "ZeroDivisionError"),
    ]


@pytest.mark.django_db(transaction=True)
def test_two_processes_send_one_email(shop: Widget, monkeypatch: pytest.MonkeyPatch) -> None:
    add(shop, Notice.NEW)
    ask(shop)
    build = building.email
    others: list[int] = []

    def build_while_another_looks(*arguments: Any) -> Any:
        other = threading.Thread(target=send_in_a_thread, args=(others,))
        other.start()
        other.join(10)
        return build(*arguments)

    monkeypatch.setattr(building, "email", build_while_another_looks)
    assert len(send()) == 1
    assert others == [0]


def send_in_a_thread(sent: list[int]) -> None:
    try:
        sent.append(sending.send_due())
    finally:
        connection.close()


def test_recipients_cost_a_form_and_a_call_one_statement_each(shop: Widget) -> None:
    def statements(nonce: str, number: str) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as of_form:
            ask(shop, nonce=nonce, number=number)
        with CaptureQueriesContext(connection) as of_call:
            fail(REFUSED)
        return len(of_form), len(of_call)

    statements("warm", "06 12 34 56 70")
    without = statements("1", "06 12 34 56 71")
    for index in range(5):
        add(shop, email=f"p{index}@shop.example.fr")
    assert statements("2", "06 12 34 56 72") == without


def test_one_email_takes_the_same_queries_however_much_it_tells(shop: Widget) -> None:
    recipient = add(shop, Notice.NEW)

    def queries(count: int) -> int:
        TeamMailRecipient.objects.filter(pk=recipient.pk).update(quiet_until=None)
        for index in range(count):
            ask(shop, nonce=f"{count}-{index}", number=f"06 12 34 {count:02} {index:02}")
        with CaptureQueriesContext(connection) as sent:
            assert len(send()) == 1
        return len(sent)

    assert queries(1) == queries(15)
