"""A message of the outbox is sent until that succeeds, by one process at a time, and has an end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core.mail import EmailMessage
from django.db import OperationalError
from pytest_django import Settings

from callbacks.core import availability, clock
from callbacks.models import AlertKind, MessageKind, MessageState, OutboxMessage
from callbacks.notifications import alerts, mail, outbox
from tests.support.concurrency import concurrently

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def message(settings: Settings) -> OutboxMessage:
    settings.ALERT_EMAILS = ["staff@example.fr"]
    with clock.set_to(NOW):
        return alerts.raise_alert(AlertKind.OUTAGE).messages.get()


def send(send: Callable[[OutboxMessage], None], at: datetime = NOW) -> int:
    with clock.set_to(at):
        return outbox.send_due(MessageKind.ALERT, send)


def failing(error: Exception) -> Callable[[OutboxMessage], None]:
    def send(message: OutboxMessage) -> None:
        raise error

    return send


def row() -> OutboxMessage:
    return OutboxMessage.objects.get()


def test_the_waits_grow_to_an_hour_and_vary_by_up_to_half() -> None:
    for attempts, full in [(1, 1), (2, 2), (3, 4), (7, 60), (49, 60), (10**6, 60)]:
        waits = {outbox.wait_after(attempts) / timedelta(minutes=1) for _ in range(50)}
        assert full / 2 <= min(waits) < max(waits) <= full
        assert len(waits) > 1


def test_the_attempts_end_and_staff_can_see_why(caplog: pytest.LogCaptureFixture) -> None:
    at = NOW
    while row().state == MessageState.WAITING:
        assert send(failing(outbox.NotSent("mail_away")), at) == 0
        at += outbox.LONGEST_WAIT
    found = row()
    assert (found.state, found.attempts) == (MessageState.FAILED, outbox.MOST_ATTEMPTS)
    assert (found.problem, found.ended_at) == ("mail_away", at - outbox.LONGEST_WAIT)
    assert "message_given_up" in caplog.text
    assert send(failing(RuntimeError()), at) == 0


def test_what_can_never_be_sent_is_tried_once() -> None:
    send(failing(outbox.NotSent(outbox.REFUSED, is_permanent=True)))
    assert (row().state, row().attempts) == (MessageState.FAILED, 1)


def test_a_process_that_dies_while_it_sends_leaves_the_message_to_another() -> None:
    with pytest.raises(KeyboardInterrupt):
        send(failing(KeyboardInterrupt()))  # type: ignore[arg-type]
    assert send(lambda message: None, NOW + timedelta(seconds=29)) == 0
    assert send(lambda message: None, NOW + timedelta(minutes=1)) == 1
    assert (row().state, row().attempts) == (MessageState.SENT, 2)


def test_each_attempt_has_the_same_message_id(
    monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    send = EmailMessage.send

    def send_and_die(message: EmailMessage, **options: object) -> int:
        send(message)
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(EmailMessage, "send", send_and_die)
        with clock.set_to(NOW), pytest.raises(KeyboardInterrupt):
            outbox.send_due(MessageKind.ALERT, alerts.send)
    with clock.set_to(NOW + timedelta(minutes=1)):
        assert outbox.send_due(MessageKind.ALERT, alerts.send) == 1
    first, second = mailoutbox
    assert first.message()["Message-ID"] == second.message()["Message-ID"]
    assert first.message()["Message-ID"].endswith("@testserver>")


def test_a_late_answer_counts_only_if_it_was_sent() -> None:
    def overtaken(result: Exception | None) -> Callable[[OutboxMessage], None]:
        def send(message: OutboxMessage) -> None:
            OutboxMessage.objects.update(attempts=message.attempts + 1)
            if result:
                raise result

        return send

    send(overtaken(outbox.NotSent(outbox.REFUSED, is_permanent=True)))
    assert (row().state, row().problem) == (MessageState.WAITING, "")
    send(overtaken(outbox.Dropped("erased")), NOW + timedelta(hours=1))
    assert row().state == MessageState.WAITING
    send(overtaken(None), NOW + timedelta(hours=2))
    assert row().state == MessageState.SENT


def test_a_database_that_goes_away_is_not_the_messages_fault() -> None:
    with pytest.raises(OperationalError):
        send(failing(OperationalError()))
    assert row().problem == ""


def test_it_stops_early_when_the_process_ends() -> None:
    with clock.set_to(NOW):
        assert outbox.send_due(MessageKind.ALERT, lambda message: None, lambda: False) == 0
    assert row().attempts == 0


def test_old_messages_are_deleted_after_thirty_days() -> None:
    assert outbox.forget_old(NOW + timedelta(days=30)) == 0
    assert outbox.forget_old(NOW + timedelta(days=30, seconds=1)) == 1


def test_a_message_that_another_process_has_claimed_is_left_to_it() -> None:
    seen_by_two = row(), row()
    assert [outbox._claim(message) for message in seen_by_two] == [True, False]
    assert row().attempts == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_processes_one_sends_it() -> None:
    sent: list[int] = []

    def one(_index: int) -> None:
        outbox.send_due(MessageKind.ALERT, lambda message: sent.append(message.pk))

    concurrently(4, one)
    assert sent == [row().pk]


@pytest.mark.parametrize(
    ("error", "is_refused"),
    [
        (SMTPRecipientsRefused({"staff@example.fr": (550, b"no such user")}), True),
        (SMTPRecipientsRefused({"staff@example.fr": (450, b"try later")}), False),
        (SMTPDataError(554, b"spam"), True),
        (SMTPDataError(451, b"try later"), False),
        (SMTPServerDisconnected("gone"), False),
        (TimeoutError(), False),
    ],
)
def test_a_mail_server_that_refuses_a_mail_for_good_is_not_unavailable(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: OSError,
    is_refused: bool,
) -> None:
    monkeypatch.setattr(EmailMessage, "send", failing(error))
    caplog.clear()
    if is_refused:
        with pytest.raises(mail.Refused):
            mail.deliver(EmailMessage())
    else:
        assert not mail.deliver(EmailMessage())
    assert availability.mail.is_away is not is_refused
    assert ("mail_refused" if is_refused else "mail_away") in caplog.text
    assert "staff@" not in caplog.text
