"""A failed or uncertain request that nobody has looked at is told once, after the widget's time."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.call_api import OutcomeUnknown, Refused
from callbacks.core import clock
from callbacks.data_protection import erasure, subject_access
from callbacks.dispatch import place_next
from callbacks.lifecycle import actions, retrying
from callbacks.models import CallRequest, Look, MessageState, OutboxMessage, Status, Widget
from callbacks.notifications import outbox
from callbacks.operations import site_state
from callbacks.team_mails import looks
from callbacks.team_mails.recipients import Notice
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import signed_in
from tests.support.staff.roles import member
from tests.support.team_mails import add, send

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
REFUSED = Refused("no", code="refused", http_status=400)
SUBJECT = "Request not opened yet: Shop"


def fail(widget: Widget, at: datetime = NOW, error: Exception = REFUSED) -> CallRequest:
    """Make a request whose call fails at that time."""
    with clock.set_to(at):
        make_request(widget=widget)
        place_next(FakeApi(error))  # type: ignore[arg-type]
    return CallRequest.objects.latest("pk")


def look(call_request: CallRequest, role: str = "operators", at: datetime = NOW) -> None:
    client = signed_in(member(role))
    address = reverse("admin:callbacks_callrequest_change", args=[call_request.pk])
    with clock.set_to(at):
        assert client.get(address).status_code == 200


def states() -> list[tuple[str, str]]:
    return list(OutboxMessage.objects.order_by("pk").values_list("state", "problem"))


@pytest.mark.parametrize("error", [REFUSED, OutcomeUnknown("no answer", code="timeout")])
def test_it_is_told_once_after_the_time_of_the_widget(shop: Widget, error: Exception) -> None:
    add(shop, Notice.UNSEEN)
    call_request = fail(shop, error=error)
    for minutes in (0, 1, 30, 59):
        assert send(NOW + minutes * MINUTE) == []
    [email] = send(NOW + HOUR)
    assert email.subject == SUBJECT
    assert f"/admin/callbacks/callrequest/{call_request.pk}/change/" in str(email.body)
    assert send(NOW + 5 * HOUR) == []


@pytest.mark.parametrize("minutes", [1, 59, 60, 61, 90, 7 * 24 * 60])
def test_each_time_is_kept_to_the_minute(shop: Widget, minutes: int) -> None:
    """The outbox takes a time further ahead than an hour for a mistake of the clock."""
    add(shop, Notice.UNSEEN)
    Widget.objects.update(unseen_minutes=minutes)
    fail(shop)
    waited, step = timedelta(), max(minutes // 100, 1) * MINUTE
    while waited < minutes * MINUTE:
        assert send(NOW + waited) == []
        waited += step
    assert len(send(NOW + minutes * MINUTE)) == 1


def test_a_message_that_waits_is_no_work_for_a_round(shop: Widget) -> None:
    add(shop, Notice.UNSEEN)
    Widget.objects.update(unseen_minutes=600)
    fail(shop)
    send(NOW)
    for minutes in (1, 30, 59):
        assert not housekeeping.ask(NOW + minutes * MINUTE).unsent
    assert OutboxMessage.objects.get().attempts == 0


def test_a_look_of_somebody_who_may_act_is_enough(shop: Widget) -> None:
    add(shop, Notice.UNSEEN)
    look(fail(shop), at=NOW + MINUTE)
    assert send(NOW + HOUR) == []
    assert states() == [(MessageState.DROPPED, "seen")]


@pytest.mark.parametrize("role", ["viewers"])
def test_a_look_of_somebody_who_may_not_act_is_not(shop: Widget, role: str) -> None:
    add(shop, Notice.UNSEEN)
    look(fail(shop), role, NOW + MINUTE)
    assert not Look.objects.exists()
    assert len(send(NOW + HOUR)) == 1


def test_only_the_first_look_is_recorded(shop: Widget) -> None:
    call_request = fail(shop)
    for minutes in (1, 2, 3):
        with clock.set_to(NOW + minutes * MINUTE):
            looks.record(call_request)
    assert Look.objects.get().at == NOW + MINUTE


def test_of_two_looks_at_the_same_moment_one_is_the_first(
    shop: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_request = fail(shop)
    Look.objects.create(call_request=call_request, status_at=call_request.status_at, at=NOW)
    monkeypatch.setattr(looks, "suppress", lambda _error: nullcontext())  # it is no error
    # As if the other look had been recorded after this one asked.
    monkeypatch.setattr("django.db.models.query.QuerySet.exists", lambda _self: False)
    looks.record(call_request)
    assert Look.objects.count() == 1


def test_a_request_that_fails_again_must_be_looked_at_again(shop: Widget, admin_user: Any) -> None:
    add(shop, Notice.UNSEEN)
    call_request = fail(shop)
    look(call_request)
    with clock.set_to(NOW + 10 * MINUTE):
        assert retrying.retry(call_request, admin_user)
        place_next(FakeApi(REFUSED))  # type: ignore[arg-type]
    assert CallRequest.objects.get().status == Status.FAILED
    assert send(NOW + HOUR) == []
    assert len(send(NOW + HOUR + 10 * MINUTE)) == 1
    assert [state for state, _ in states()] == ["dropped", "sent"]


def test_one_that_fails_again_is_told_once(shop: Widget, admin_user: Any) -> None:
    add(shop, Notice.UNSEEN)
    call_request = fail(shop)
    with clock.set_to(NOW + 10 * MINUTE):
        assert retrying.retry(call_request, admin_user)
        place_next(FakeApi(REFUSED))  # type: ignore[arg-type]
    assert send(NOW + HOUR) == []  # the first failure is over: somebody acted
    assert len(send(NOW + 2 * HOUR)) == 1


def test_one_that_staff_have_dealt_with_is_not_told(shop: Widget, admin_user: Any) -> None:
    add(shop, Notice.UNSEEN)
    call_request = fail(shop)
    assert actions.mark_called(call_request, admin_user)
    assert send(NOW + HOUR) == []
    assert states() == [("dropped", "outdated")]


def test_who_wants_both_is_told_at_once_and_reminded(shop: Widget) -> None:
    add(shop, Notice.PROBLEMS, Notice.UNSEEN)
    fail(shop)
    assert [email.subject for email in send(NOW)] == ["Request failed: Shop"]
    assert [email.subject for email in send(NOW + HOUR)] == [SUBJECT]


def test_what_housekeeping_ends_is_told_as_well(shop: Widget) -> None:
    add(shop, Notice.UNSEEN)
    with clock.set_to(NOW):
        make_request(widget=shop, patience_until=NOW)
        housekeeping.run_round()
    assert len(send(NOW + HOUR)) == 1


def test_no_other_status_is_looked_at(shop: Widget) -> None:
    for status in set(Status) - {Status.FAILED, Status.UNCERTAIN}:
        looks.record(make_request(widget=shop, status=status))
    assert not Look.objects.exists()


def test_a_database_that_cannot_write_shows_the_page_all_the_same(
    shop: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_request = fail(shop)

    def read_only(*_arguments: object, **_options: object) -> None:
        raise DatabaseError("read-only")

    monkeypatch.setattr(Look.objects, "bulk_create", read_only)
    look(call_request)
    assert not Look.objects.exists()


def test_only_a_person_who_reads_the_page_looks_at_it(shop: Widget) -> None:
    call_request = fail(shop)
    address = reverse("admin:callbacks_callrequest_change", args=[call_request.pk])
    client = signed_in(member("operators"))
    client.head(address)
    assert not Look.objects.exists()
    Client().get(address)
    assert not Look.objects.exists()


def test_a_look_costs_two_queries_and_the_next_one_less(shop: Widget) -> None:
    call_request = fail(shop)

    def writes() -> int:
        with CaptureQueriesContext(connection) as asked:
            looks.record(call_request)
        return sum("INSERT" in query["sql"] for query in asked)

    assert [writes(), writes()] == [1, 0]


def test_what_is_sent_later_is_not_counted_as_waiting(shop: Widget) -> None:
    add(shop, Notice.UNSEEN)
    fail(shop)
    send(NOW)
    waiting = site_state.outbox(NOW + 30 * MINUTE)
    assert {kind: found.waiting for kind, found in waiting.items() if found.waiting} == {}
    late = site_state.outbox(NOW + HOUR)
    assert sum(found.waiting for found in late.values()) == 1


def test_an_erasure_and_an_export_reach_the_looks(shop: Widget) -> None:
    call_request = fail(shop)
    look(call_request)
    [exported] = subject_access.export(email=str(call_request.email))["requests"]
    assert len(exported["looks"]) == 1
    erasure.erase(None, call_request=call_request)
    assert not Look.objects.exists()


def test_reminders_take_the_same_queries_for_any_number(shop: Widget) -> None:
    add(shop, Notice.UNSEEN)

    def queries(at: datetime, count: int) -> int:
        for _ in range(count):
            fail(shop, at)
        with CaptureQueriesContext(connection) as asked:
            assert len(send(at + HOUR)) == 1
        return len(asked)

    assert queries(NOW, 1) == queries(NOW + 3 * HOUR, 9)


def test_the_wait_of_the_outbox_is_the_longest_part() -> None:
    assert outbox.LONGEST_WAIT == HOUR
    assert make_widget().unseen_minutes == 60
