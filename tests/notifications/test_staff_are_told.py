"""Staff are told once that calls wait, why, and what to do."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected
from unittest.mock import Mock

import pytest
from django.core.mail import EmailMessage

from callbacks import call_api
from callbacks.core import clock
from callbacks.dispatch import call_switch, place_next
from callbacks.models import Alert, MessageKind, MessageState, OutboxMessage
from callbacks.notifications import alerts, mail, outbox
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _told_by_email(settings):
    settings.ALERT_EMAILS = ["staff@example.fr"]


def fail(times=1, error=None):
    for _ in range(times):
        make_request()
        place_next(FakeApi(token=error or call_api.CredentialsRefused(http_status=401)))


def tell_at(seconds):
    with clock.set_to(NOW + timedelta(seconds=seconds)):
        return outbox.send_due(MessageKind.ALERT, alerts.send)


def test_an_open_circuit_is_one_email_that_says_what_to_do(mailoutbox):
    with clock.set_to(NOW):
        fail(times=20)
    assert [tell_at(0), tell_at(1)] == [1, 0]
    [mail] = mailoutbox
    assert mail.to == ["staff@example.fr"]
    assert "UHLIVE_CLIENT_ID" in mail.body
    assert "/admin/" in mail.body


def test_an_outage_that_comes_and_goes_is_told_once_in_a_while(mailoutbox):
    for minute in (0, 10, 20, 40):
        with clock.set_to(NOW + timedelta(minutes=minute)):
            fail()
            outbox.send_due(MessageKind.ALERT, alerts.send)
        with clock.set_to(NOW + timedelta(minutes=minute + 5)):
            make_request()
            place_next(FakeApi())
    assert Alert.objects.count() == 4
    assert len(mailoutbox) == 2


def test_an_alert_is_over_once_calls_flow_again():
    with clock.set_to(NOW):
        fail()
    with clock.set_to(NOW + timedelta(minutes=1)):
        make_request()
        place_next(FakeApi())
    assert Alert.objects.get().over_at == NOW + timedelta(minutes=1)


def test_what_could_not_be_sent_is_tried_again_later(monkeypatch, mailoutbox):
    with clock.set_to(NOW):
        fail()
    with monkeypatch.context() as away:
        away.setattr(EmailMessage, "send", Mock(side_effect=SMTPServerDisconnected))
        assert [tell_at(0), tell_at(29)] == [0, 0]
        assert EmailMessage.send.call_count == 1
    assert [tell_at(60), tell_at(61), len(mailoutbox)] == [1, 0, 1]
    assert OutboxMessage.objects.get().attempts == 2


def events(caplog):
    return [record.msg["event"] for record in caplog.records if isinstance(record.msg, dict)]


def test_an_outage_of_the_mail_server_is_one_line_in_the_log_and_its_end_another(
    monkeypatch, caplog
):
    with clock.set_to(NOW):
        fail()
    caplog.clear()
    with monkeypatch.context() as away:
        refused = SMTPServerDisconnected("staff@example.fr")
        away.setattr(EmailMessage, "send", Mock(side_effect=refused))
        assert [tell_at(seconds) for seconds in (0, 60, 180)] == [0, 0, 0]
        assert events(caplog) == ["mail_away"]
    assert tell_at(500) == 1
    assert events(caplog)[1:] == ["mail_back"]
    assert "staff@" not in caplog.text


def test_nothing_configured_is_told_in_the_admin_only(settings, mailoutbox):
    settings.ALERT_EMAILS = []
    with clock.set_to(NOW):
        fail()
    assert tell_at(0) == 0
    assert Alert.objects.exists()
    assert not OutboxMessage.objects.exists()
    assert call_switch.current().opened_reason == "credentials"


def test_each_address_gets_a_mail_of_its_own(settings, mailoutbox):
    settings.ALERT_EMAILS = ["staff@example.fr", "boss@example.fr", "Staff@example.fr"]
    with clock.set_to(NOW):
        fail()
    assert tell_at(0) == 2
    assert sorted(mail.to for mail in mailoutbox) == [["boss@example.fr"], ["staff@example.fr"]]


def test_an_address_that_was_removed_meanwhile_gets_nothing(settings, mailoutbox):
    with clock.set_to(NOW):
        fail()
    settings.ALERT_EMAILS = ["boss@example.fr"]
    assert [tell_at(0), mailoutbox] == [0, []]
    assert OutboxMessage.objects.get().state == MessageState.DROPPED


def test_a_line_break_in_a_name_is_told_on_one_line_and_stops_nobody(mailoutbox):
    with clock.set_to(NOW):
        alerts.raise_alert(alerts.AlertKind.LIMIT, "Shop\nBcc: all@example.fr")
        alerts.raise_alert(alerts.AlertKind.OUTAGE)
    assert tell_at(0) == 2
    assert "Shop Bcc: all@example.fr" in mailoutbox[0].subject


def test_an_alert_that_cannot_be_sent_stops_no_other(mailoutbox, monkeypatch):
    with clock.set_to(NOW):
        alerts.raise_alert(alerts.AlertKind.LIMIT, "Shop")
        alerts.raise_alert(alerts.AlertKind.OUTAGE)
    send = mail.send

    def refuse_the_first(subject, *rest):
        if "Shop" in subject:
            raise ValueError("a header that cannot be written")
        return send(subject, *rest)

    monkeypatch.setattr(mail, "send", refuse_the_first)
    assert tell_at(0) == 1
    assert len(mailoutbox) == 1
    waiting = OutboxMessage.objects.get(state=MessageState.WAITING)
    assert waiting.problem == "ValueError"
