"""A recipient gets a summary once a day, at their time, whatever happened to housekeeping."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from callbacks.core import clock
from callbacks.models import (
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
from callbacks.team_mails import digest, unsubscribing
from callbacks.team_mails.recipients import Notice
from callbacks.worker import housekeeping
from tests.support.factories import make_request, make_widget
from tests.support.team_mails import OWNER, add

pytestmark = pytest.mark.django_db

PARIS = ZoneInfo("Europe/Paris")
# Added at 10:00, so that the first summary is due on the next day at 8:30.
ADDED = datetime(2026, 6, 1, 10, tzinfo=PARIS)
DUE = datetime(2026, 6, 2, 8, 30, tzinfo=PARIS)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _in_paris(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Paris"


@pytest.fixture
def owner(shop: Widget) -> TeamMailRecipient:
    with clock.set_to(ADDED.astimezone(UTC)):
        return add(shop, Notice.DIGEST, digest_at=time(8, 30))


def make(widget: Widget, at: datetime, **fields: object) -> CallRequest:
    with clock.set_to(at.astimezone(UTC)):
        return make_request(widget=widget, **fields)


def send(at: datetime) -> list[EmailMultiAlternatives]:
    """Do what the housekeeping process does with summaries, and return those that were sent."""
    before = len(mail.outbox)
    with clock.set_to(at.astimezone(UTC)):
        if housekeeping.run_round().unsent:
            digest.add_due()
            outbox.send_due(MessageKind.TEAM_DIGEST, digest.send)
    return mail.outbox[before:]  # type: ignore[return-value]


def test_it_comes_once_a_day_at_the_time_of_the_widget(
    shop: Widget, owner: TeamMailRecipient
) -> None:
    make(shop, ADDED)
    make(shop, DUE)
    assert send(DUE - SECOND) == []
    [email] = send(DUE)
    assert email.subject == "Daily summary: Shop"
    assert email.to == [OWNER]
    assert send(DUE + timedelta(hours=1)) == []
    make(shop, DUE + DAY, status=Status.CALLED)
    assert send(DUE + DAY - SECOND) == []
    [second] = send(DUE + DAY)
    assert "New requests: 1\n" in str(second.body)
    assert "Tuesday, June 2, 08:30 to Wednesday, June 3, 08:30" in str(second.body)


def test_it_counts_by_status_and_describes_what_went_wrong(
    shop: Widget, owner: TeamMailRecipient
) -> None:
    for status in (Status.CALLED, Status.CALLED, Status.CANCELLED):
        make(shop, ADDED + SECOND, status=status)
    failed = make(shop, ADDED + SECOND, status=Status.FAILED, reason=Reason.TOO_LATE)
    uncertain = make(shop, ADDED + SECOND, status=Status.UNCERTAIN)
    make(make_widget(), ADDED + SECOND, status=Status.FAILED)
    make(shop, ADDED + SECOND, status=Status.FAILED, nonce=f"{TEST_CALL}1")
    make(shop, ADDED + SECOND, status=Status.FAILED, erased_at=ADDED)
    [email] = send(DUE)
    text = str(email.body)
    assert "New requests: 5\n" in text
    for line in ("Called: 2\n", "Failed: 1\n", "Uncertain: 1\n", "Cancelled: 1\n"):
        assert line in text
    assert "Maximum wait exceeded" in text
    for one in (failed, uncertain):
        assert text.count(f"/admin/callbacks/callrequest/{one.pk}/change/") == 1
    assert text.count("/admin/callbacks/callrequest/") == 3  # and the list of all


def test_many_problems_are_counted(shop: Widget, owner: TeamMailRecipient) -> None:
    for _ in range(23):
        make(shop, ADDED + SECOND, status=Status.FAILED)
    [email] = send(DUE)
    assert "3 more requests are in the list" in str(email.body)


def test_a_housekeeping_that_was_away_sends_one_about_all_that_time(
    shop: Widget, owner: TeamMailRecipient
) -> None:
    make(shop, ADDED + SECOND)
    make(shop, ADDED + 2 * DAY)
    [email] = send(DUE + 2 * DAY + timedelta(hours=3))
    assert "New requests: 2\n" in str(email.body)
    assert send(DUE + 2 * DAY + timedelta(hours=4)) == []
    make(shop, DUE + 3 * DAY - SECOND)
    assert len(send(DUE + 3 * DAY)) == 1


def test_a_day_without_anything_sends_nothing(shop: Widget, owner: TeamMailRecipient) -> None:
    assert send(DUE) == []
    assert OutboxMessage.objects.get().problem == "nothing_happened"
    make(shop, DUE + SECOND)
    [email] = send(DUE + DAY)
    assert "From Tuesday, June 2, 08:30 to Wednesday" in str(email.body)


def test_a_mail_server_that_is_away_delays_it_and_doubles_nothing(
    shop: Widget, owner: TeamMailRecipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object, **_options: object) -> int:
        raise ConnectionRefusedError

    make(shop, ADDED + SECOND)
    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", away)
        assert send(DUE) == []
    [email] = send(DUE + DAY)  # what waited goes first; the summary of this day is empty
    assert "New requests: 1\n" in str(email.body)
    states = OutboxMessage.objects.order_by("pk").values_list("state", "problem")
    assert [*states] == [("sent", ""), ("dropped", "nothing_happened")]


def test_of_two_processes_that_find_it_due_one_stores_it(
    owner: TeamMailRecipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    reckon, added = digest.next_after, []

    def reckon_while_another_stores_it(*arguments: Any) -> datetime:
        monkeypatch.setattr(digest, "next_after", reckon)
        added.append(digest.add_due())
        return reckon(*arguments)

    monkeypatch.setattr(digest, "next_after", reckon_while_another_stores_it)
    with clock.set_to(DUE.astimezone(UTC)):
        added.append(digest.add_due())
    assert added == [1, 0]
    assert OutboxMessage.objects.count() == 1


def test_who_has_unsubscribed_gets_none(shop: Widget, owner: TeamMailRecipient) -> None:
    make(shop, ADDED + SECOND)
    unsubscribing.stop(owner)
    assert send(DUE) == []
    assert not OutboxMessage.objects.exists()


def test_who_unsubscribes_while_it_waits_gets_none(shop: Widget, owner: TeamMailRecipient) -> None:
    make(shop, ADDED + SECOND)
    with clock.set_to(DUE.astimezone(UTC)):
        digest.add_due()
        unsubscribing.stop(owner)
    assert send(DUE + SECOND) == []
    assert OutboxMessage.objects.get().problem == "unsubscribed"


def test_who_did_not_choose_it_gets_none(shop: Widget) -> None:
    with clock.set_to(ADDED.astimezone(UTC)):
        add(shop, Notice.NEW)
    make(shop, ADDED + SECOND)
    assert send(DUE) == []


def test_without_a_mail_server_it_waits_and_no_round_finds_work(
    shop: Widget, owner: TeamMailRecipient, settings: Settings
) -> None:
    settings.MAIL_IS_SET = settings.DAILY_NOTICE = False
    make(shop, ADDED + SECOND, status=Status.CALLED)
    with clock.set_to(DUE.astimezone(UTC)):
        assert not housekeeping.run_round().unsent
        assert digest.add_due() == 0
    settings.MAIL_IS_SET = True
    assert len(send(DUE + DAY)) == 1


def test_a_clock_that_was_set_back_sends_the_next_one_all_the_same(
    shop: Widget, owner: TeamMailRecipient
) -> None:
    TeamMailRecipient.objects.update(digest_due_at=DUE + timedelta(days=300))
    make(shop, ADDED + SECOND)
    assert len(send(DUE)) == 1
    owner.refresh_from_db()
    assert owner.digest_due_at == DUE + DAY


@pytest.mark.parametrize(
    ("now", "at", "due"),
    [
        # Clocks go from 2:00 to 3:00, and back from 3:00 to 2:00.
        ("2026-03-28T12:00", "02:30", "2026-03-29T03:30+02:00"),
        ("2026-10-24T12:00", "02:30", "2026-10-25T02:30+02:00"),
        ("2026-10-25T02:45+02:00", "02:30", "2026-10-26T02:30+01:00"),
        ("2026-06-01T08:30", "08:30", "2026-06-02T08:30+02:00"),
        ("2026-06-01T08:29", "08:30", "2026-06-01T08:30+02:00"),
        ("2026-06-01T23:59", "00:00", "2026-06-02T00:00+02:00"),
    ],
)
def test_the_time_is_one_of_the_wall_clock(shop: Widget, now: str, at: str, due: str) -> None:
    moment = datetime.fromisoformat(now)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=PARIS)
    found = digest.next_after(shop, time.fromisoformat(at), moment.astimezone(UTC))
    assert found == datetime.fromisoformat(due)


def test_a_widget_with_hours_has_its_own_zone() -> None:
    reunion = make_widget(has_hours=True, opening_hours="24/7", time_zone="Indian/Reunion")
    found = digest.next_after(reunion, time(8), datetime(2026, 6, 1, tzinfo=UTC))
    assert found == datetime(2026, 6, 1, 4, tzinfo=UTC)


def test_it_takes_the_same_queries_however_much_it_tells(
    shop: Widget, owner: TeamMailRecipient
) -> None:
    def queries(day: datetime, count: int) -> int:
        for _ in range(count):
            make(shop, day - SECOND, status=Status.FAILED)
        with clock.set_to(day.astimezone(UTC)):
            digest.add_due()
            with CaptureQueriesContext(connection) as asked:
                assert outbox.send_due(MessageKind.TEAM_DIGEST, digest.send) == 1
        return len(asked)

    assert queries(DUE, 1) == queries(DUE + DAY, 12)
