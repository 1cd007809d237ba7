"""The housekeeping process sends what waits, in threads of its own, one for each kind."""

import threading
from collections.abc import Callable, Iterator

import pytest

from callbacks.models import MessageKind
from callbacks.notifications import outbox
from callbacks.team_mails import sending as team_mails
from callbacks.webhooks import deliver
from callbacks.worker import daily_notice, outbox_sender
from callbacks.worker.housekeeping import HousekeepingReport
from callbacks.worker.outbox_sender import SENDERS, OutboxSender

UNSENT = HousekeepingReport(unsent=True)


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> Iterator[OutboxSender]:
    monkeypatch.setattr(outbox_sender, "close_old_connections", lambda: None)
    monkeypatch.setattr(daily_notice, "send_if_due", lambda: None)
    monkeypatch.setattr(team_mails, "send_due", lambda _go_on: None)
    monkeypatch.setattr(deliver, "endpoints_with_work", list)
    one = OutboxSender()
    yield one
    one.end()


def test_every_kind_of_message_has_a_sender() -> None:
    # Webhooks are sent for each endpoint by itself (`webhooks.deliver`), and messages to the team
    # as one email to each recipient (`team_mails.sending`).
    assert set(SENDERS) == set(MessageKind) - {MessageKind.WEBHOOK, MessageKind.TEAM_MAIL}


def test_what_is_due_is_sent_in_threads_of_its_own(
    sender: OutboxSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, str] = {}

    def send_due(kind: MessageKind, send: outbox.Send, go_on: Callable[[], bool]) -> None:
        told[kind] = threading.current_thread().name

    monkeypatch.setattr(outbox, "send_due", send_due)
    sender.look_at(HousekeepingReport())
    assert not sender._at_work
    sender.look_at(UNSENT)
    sender.end()
    assert set(told) == set(SENDERS)
    assert all(name.startswith("outbox") for name in told.values())


def test_emails_to_the_team_are_sent_beside_the_others(
    sender: OutboxSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(outbox, "send_due", lambda *_arguments: None)
    monkeypatch.setattr(
        team_mails, "send_due", lambda _go_on: told.append(threading.current_thread().name)
    )
    sender.look_at(UNSENT)
    sender.end()
    [name] = told
    assert name.startswith("outbox")


def test_a_slow_recipient_occupies_one_thread_however_many_rounds_pass(
    sender: OutboxSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, runs = threading.Event(), threading.Event(), []

    def send_due(kind: MessageKind, *_more: object) -> None:
        if kind is MessageKind.ALERT:
            runs.append(kind)
            begun.set()
            assert go_on.wait(10)

    monkeypatch.setattr(outbox, "send_due", send_due)
    for _ in range(5):
        sender.look_at(UNSENT)
        assert begun.wait(10)
    go_on.set()
    sender.end()
    assert runs == [MessageKind.ALERT]


def test_an_unforeseen_error_is_logged_and_stops_no_other_round(
    sender: OutboxSender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(outbox, "send_due", broken)
    sender.look_at(UNSENT)
    sender.end()
    assert "outbox_sender_failed" in caplog.text


def test_each_endpoint_has_a_thread_of_its_own(
    sender: OutboxSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, sent = threading.Event(), threading.Event(), []

    def send_to(endpoint: int, go_on_sending: Callable[[], bool]) -> None:
        if endpoint == 1:
            begun.set()
            assert go_on.wait(10)
        sent.append(endpoint)

    monkeypatch.setattr(outbox, "send_due", lambda *_arguments: None)
    monkeypatch.setattr(deliver, "endpoints_with_work", lambda: [1, 2])
    monkeypatch.setattr(deliver, "send_to", send_to)
    for _ in range(3):
        sender.look_at(UNSENT)
        assert begun.wait(10)
    sender._at_work["webhook 2"].result(10)
    assert 1 not in sent
    go_on.set()
    sender.end()
    assert sent.count(1) == 1
