"""One statement tells a round of housekeeping what there is to do."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from callbacks.core import clock
from callbacks.lifecycle import hours_changed
from callbacks.models import (
    AlertKind,
    CallRequest,
    MessageState,
    OutboxMessage,
    PeriodicJob,
    Status,
    TeamMailRecipient,
)
from callbacks.notifications import alerts, outbox
from callbacks.scheduling import open_periods_job
from callbacks.stats import counting, hourly
from callbacks.team_mails import digest, recipients
from callbacks.team_mails.recipients import Notice
from callbacks.worker import daily_notice, housekeeping, purge
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_columns_are_read_in_their_order(django_assert_num_queries):
    selected = re.findall(r"\) AS (\w+)", housekeeping.SQL["ask"].text)
    assert selected == list(housekeeping.ToDo._fields)
    with django_assert_num_queries(1):
        found = housekeeping.ask(NOW)
    assert {name for name, is_due in found._asdict().items() if is_due} == LATEST.keys()


def test_a_daily_summary_is_due_at_its_time_or_if_the_clock_was_set_back():
    recipient = recipients.add(
        make_widget(), "owner@shop.example.fr", [Notice.DIGEST], language="en"
    )
    for due_at, is_due in (
        (NOW, True),
        (NOW + SECOND, False),
        (NOW + digest.LONGEST_WAIT + clock.SLACK, False),
        (NOW + digest.LONGEST_WAIT + clock.SLACK + SECOND, True),
        (None, False),
    ):
        recipient.digest_due_at = due_at
        recipient.save()
        assert housekeeping.ask(NOW).digest_due is is_due
        rows = TeamMailRecipient.objects.filter(digest.is_due(NOW))
        assert rows.exists() is is_due  # the same rule as a condition


LATEST = {
    "purge_due": (purge.JOB, purge.EVERY),
    "periods_due": (open_periods_job.JOB, open_periods_job.EVERY),
    "notice_due": (daily_notice.JOB, daily_notice.LONGEST_WAIT),
    "figures_due": (hourly.JOB, counting.EVERY),
}


@pytest.mark.parametrize(("column", "job", "every"), [(key, *LATEST[key]) for key in LATEST])
def test_a_job_has_run_while_its_time_is_ahead_as_far_as_it_can_rightly_be(column, job, every):
    assert getattr(housekeeping.ask(NOW), column)
    for until, is_done in (
        (timedelta(), False),
        (SECOND, True),
        (every + clock.SLACK, True),
        (every + clock.SLACK + SECOND, False),
    ):
        PeriodicJob.objects.update_or_create(name=job, defaults={"until": NOW + until})
        found = housekeeping.ask(NOW)
        assert [getattr(found, key) for key in LATEST] == [
            not (key == column and is_done) for key in LATEST
        ]


@pytest.mark.parametrize(
    ("fields", "is_ahead"),
    [
        ({"due_at": NOW + clock.SLACK}, False),
        ({"due_at": NOW + clock.SLACK + SECOND}, True),
        ({"due_at": NOW + clock.SLACK + SECOND, "status": Status.CANCELLED}, False),
    ],
)
def test_a_request_is_ahead_of_the_clock_by_more_than_two_readings_differ(fields, is_ahead):
    call_request = make_request(**fields | {"is_scheduled": False})
    assert housekeeping.ask(NOW).ahead is is_ahead
    CallRequest.objects.filter(pk=call_request.pk).update(is_scheduled=True)
    assert not housekeeping.ask(NOW).ahead


@pytest.mark.parametrize(
    ("ahead", "is_unsent"),
    [
        (timedelta(), True),
        (SECOND, False),
        (outbox.LONGEST_WAIT + clock.SLACK, False),
        (outbox.LONGEST_WAIT + clock.SLACK + SECOND, True),
    ],
)
def test_a_message_is_to_be_sent_from_its_next_attempt_on(ahead, is_unsent, settings):
    settings.ALERT_EMAILS = ["staff@example.fr"]
    with clock.set_to(NOW + ahead):
        alerts.raise_alert(AlertKind.OUTAGE)
    assert housekeeping.ask(NOW).unsent is is_unsent
    assert outbox.due(NOW).exists() is is_unsent
    OutboxMessage.objects.update(state=MessageState.SENT)
    assert not housekeeping.ask(NOW).unsent


def test_the_times_of_a_widgets_requests_are_out_of_date_until_they_were_adjusted():
    widget = make_widget()
    assert not housekeeping.ask(NOW).hours_changed
    hours_changed.flag(widget)
    assert housekeeping.ask(NOW).hours_changed
