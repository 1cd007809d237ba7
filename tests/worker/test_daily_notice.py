"""Staff get one email a day, with yesterday's numbers and the head of the chain."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected
from unittest.mock import Mock

import pytest
from django.core.mail import EmailMessage
from pytest_django import Settings

from callbacks.consent import chain as consent_chain
from callbacks.core import clock
from callbacks.models import PeriodicJob
from callbacks.stats import counting
from callbacks.worker import daily_notice, housekeeping
from tests.support.concurrency import concurrently
from tests.support.factories import accept_some

pytestmark = pytest.mark.django_db

# In Paris, 7:00 on 2 June is 5:00 UTC.
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DUE = datetime(2026, 6, 2, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _sent_by_email(settings: Settings) -> None:
    settings.ALERT_EMAILS = ["staff@example.fr"]
    settings.DAILY_NOTICE = True
    settings.TIME_ZONE = "Europe/Paris"
    settings.LANGUAGE_CODE = "en"


def send_at(at: datetime) -> bool:
    with clock.set_to(at):
        return daily_notice.send_if_due()


def test_the_notice_gives_yesterdays_numbers_and_the_head(mailoutbox: list[EmailMessage]) -> None:
    with clock.set_to(NOW):
        accept_some(3)
        consent_chain.chain_up()
        counting.keep_up(NOW)
    place, chain = consent_chain.head()
    assert not send_at(NOW)
    assert not send_at(DUE - timedelta(seconds=1))
    assert send_at(DUE)
    [notice] = mailoutbox
    assert notice.to == ["staff@example.fr"]
    assert "1 June 2026" in notice.subject
    assert "New requests: 3\n" in notice.body
    assert f"check_consent --head {place}:{chain}" in notice.body
    assert "2026-06-02 05:00:00 UTC" in notice.body


def test_the_notice_is_in_the_sites_language(
    mailoutbox: list[EmailMessage], settings: Settings
) -> None:
    settings.LANGUAGE_CODE = "fr"
    send_at(NOW)
    send_at(DUE)
    [notice] = mailoutbox
    assert notice.subject == "Rappels\N{NO-BREAK SPACE}: demandes du 1 juin 2026"
    assert "Nouvelles demandes\N{NO-BREAK SPACE}: 0" in notice.body
    assert "Échouées\N{NO-BREAK SPACE}: 0" in notice.body
    assert "Tête de la chaîne des preuves de consentement\N{NO-BREAK SPACE}: 0:" in notice.body


def test_the_notice_is_sent_once_a_day_also_when_days_are_longer(
    mailoutbox: list[EmailMessage],
) -> None:
    """The night of 25 October 2026 has one hour more in Paris."""
    begin = datetime(2026, 10, 23, 12, tzinfo=UTC)
    sent = [at for at in (begin + timedelta(hours=hour) for hour in range(96)) if send_at(at)]
    assert [(at.day, at.hour) for at in sent] == [(24, 5), (25, 6), (26, 6), (27, 6)]


def test_a_notice_that_was_missed_is_sent_late(mailoutbox: list[EmailMessage]) -> None:
    send_at(NOW)
    assert send_at(DUE + timedelta(hours=5))
    assert not send_at(DUE + timedelta(hours=6))
    assert send_at(DUE + timedelta(days=1))


def test_a_notice_that_could_not_be_sent_is_tried_again_in_an_hour(
    mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    send_at(NOW)
    with monkeypatch.context() as away:
        away.setattr(EmailMessage, "send", Mock(side_effect=SMTPServerDisconnected))
        assert not send_at(DUE)
    assert not send_at(DUE + timedelta(minutes=59))
    assert send_at(DUE + timedelta(hours=1))


@pytest.mark.parametrize("off", [{"DAILY_NOTICE": False}, {"ALERT_EMAILS": []}])
def test_no_notice_is_sent_unless_it_is_wanted(
    mailoutbox: list[EmailMessage], settings: Settings, off: dict[str, object]
) -> None:
    send_at(NOW)
    for name, value in off.items():
        setattr(settings, name, value)
    assert not send_at(DUE)
    assert mailoutbox == []


def test_housekeeping_has_the_notice_sent_when_it_is_due() -> None:
    for at, is_unsent in [(NOW, True), (DUE, True), (DUE + timedelta(hours=1), False)]:
        with clock.set_to(at):
            assert housekeeping.run_round().unsent is is_unsent
            daily_notice.send_if_due()
    assert PeriodicJob.objects.get(name=daily_notice.JOB).last_run_at == DUE


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_several_processes_send_one_notice(mailoutbox: list[EmailMessage]) -> None:
    send_at(NOW)
    with clock.set_to(DUE):
        assert sum(concurrently(8, lambda _: daily_notice.send_if_due())) == 1
    assert len(mailoutbox) == 1
