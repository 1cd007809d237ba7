"""Visitors get an email when they ask, and when their call is moved, cancelled or impossible."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from callbacks import call_api
from callbacks.accounts import api_keys
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.dispatch import place_next
from callbacks.intake import rescheduling
from callbacks.lifecycle import actions, blocking, confirming, hours_changed, retrying
from callbacks.models import CallRequest, OutboxMessage, Scope, Status, Widget
from callbacks.scheduling.slots import spelled
from callbacks.widget_changes import widget_store
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_widget
from tests.support.hours.december import at
from tests.support.visitor_mails import EMAIL, ask, calendar_of, ends, parts, send

pytestmark = pytest.mark.django_db

EVENING = at(1, 20)


@pytest.fixture
def chief(db: None) -> User:
    return User.objects.create(username="chief")


def booked(widget: Widget, **fields: Any) -> CallRequest:
    return ask(widget, EVENING, when=spelled(at(2, 9)), **fields)


def test_a_request_is_confirmed_with_the_link_to_its_page(shop: Widget) -> None:
    call_request = ask(shop)
    [email] = send()
    text, html, message = parts(email)
    assert email.to == [EMAIL]
    assert email.subject == "Your request for a call from Shop"
    assert str(message["From"]) == "Shop <calls@callback.example>"
    link = f"http://testserver/r/{call_request.token}/"
    assert link in text
    assert f'href="{link}"' in html
    assert "We received your request for a call to +33 6 •• •• •• 78" in text.replace("\xa0", " ")
    assert list(message.iter_attachments()) == []
    assert send() == []


def test_a_confirmation_is_true_also_when_the_call_was_placed_before_it_was_sent(
    shop: Widget,
) -> None:
    ask(shop)
    place_next(FakeApi())  # type: ignore[arg-type]
    [email] = send()
    text, _html, _message = parts(email)
    assert "We received your request" in text
    assert "See what happened to your request" in text


def test_a_booking_is_confirmed_with_a_calendar_file(town_hall: Widget) -> None:
    call_request = booked(town_hall)
    [email] = send(EVENING)
    text, html, _message = parts(email)
    assert email.subject == "Your call is booked: Wednesday, December 2, 09:00"
    assert "on Wednesday, December 2, between 09:00 and 09:30" in text
    assert "time zone of Paris" in text
    method, event = calendar_of(email)
    assert (method, event["sequence"], event.start) == ("PUBLISH", 0, at(2, 9))
    assert call_request.public_id in event["uid"]
    assert "adds the call to your calendar" in html


def test_a_moved_booking_is_an_update_of_the_same_event(town_hall: Widget, chief: User) -> None:
    call_request = booked(town_hall)
    [first] = send(EVENING)
    with clock.set_to(EVENING):
        assert rescheduling.reschedule(call_request, spelled(at(3, 14)), person=chief)
    [email] = send(EVENING)
    assert email.subject == "Your call was moved: Thursday, December 3, 14:00"
    (_method, before), (method, after) = calendar_of(first), calendar_of(email)
    assert (method, after.start, after["uid"]) == ("PUBLISH", at(3, 14), before["uid"])
    assert after["sequence"] > before["sequence"]


@pytest.mark.parametrize("by", ["staff", "visitor", "key"])
def test_a_cancelled_booking_is_removed_from_the_calendar(
    town_hall: Widget, chief: User, by: str
) -> None:
    call_request = booked(town_hall)
    [first] = send(EVENING)
    with clock.set_to(EVENING):
        if by == "staff":
            assert actions.cancel(call_request, chief)
        elif by == "visitor":
            assert actions.cancel_by_visitor(call_request)
        else:
            key, _secret = api_keys.create("CRM", [Scope.WRITE], town_hall)
            assert actions.cancel_by_key(call_request, key)
    [email] = send(EVENING)
    assert "cancelled" in email.subject
    assert ("As you asked" in parts(email)[0]) is (by == "visitor")
    method, event = calendar_of(email)
    assert (method, event["status"]) == ("CANCEL", "CANCELLED")
    assert event["sequence"] > calendar_of(first)[1]["sequence"]


def test_staff_who_cancel_a_call_for_now_tell_the_visitor_and_the_visitor_needs_no_telling(
    shop: Widget, chief: User
) -> None:
    by_staff, by_visitor = ask(shop, nonce="a"), ask(shop, nonce="b", number="06 98 76 54 32")
    send()
    actions.cancel(by_staff, chief)
    actions.cancel_by_visitor(by_visitor)
    [email] = send()
    assert email.subject == "Your request for a call was cancelled"
    assert "To reach Shop: 01" in parts(email)[0]
    assert OutboxMessage.objects.filter(call_request=by_visitor).count() == 1


def test_staff_who_confirm_a_booking_outside_the_hours_tell_the_visitor(
    town_hall: Widget, chief: User
) -> None:
    call_request = booked(town_hall)
    send(EVENING)
    with clock.set_to(EVENING):
        town_hall.opening_hours = "Mo-Fr 14:00-17:00"
        widget_store.save(town_hall)
        assert confirming.confirm(call_request, chief)
    [email] = send(EVENING)
    assert email.subject == "Your call is confirmed: Wednesday, December 2, 09:00"
    assert calendar_of(email)[0] == "PUBLISH"


def test_a_call_that_came_too_late_is_told_once_with_the_contact(shop: Widget) -> None:
    call_request = ask(shop)
    send()
    late = call_request.patience_until + timedelta(seconds=1)
    with clock.set_to(late):
        housekeeping.run_round()
        housekeeping.run_round()
    [email] = send(late)
    text, _html, _message = parts(email)
    assert email.subject == "We couldn't call you in time"
    assert "01" in text.replace("\xa0", " ").partition("To reach Shop: ")[2][:4]
    assert send(late) == []


def test_a_call_that_came_too_late_says_when_it_opens_again(town_hall: Widget) -> None:
    booked(town_hall)
    send(EVENING)
    with clock.set_to(at(2, 20)):
        housekeeping.run_round()
    [email] = send(at(2, 20))
    text, _html, _message = parts(email)
    assert "open again on Thursday, December 3 at 09:00" in text
    assert calendar_of(email)[0] == "CANCEL"


def test_a_call_that_the_service_refuses_is_told(shop: Widget) -> None:
    ask(shop)
    place_next(FakeApi(call_api.Refused(http_status=400)))  # type: ignore[arg-type]
    [email] = send()
    assert "was refused and your phone didn't ring" in parts(email)[0]
    assert ends() == [("asked", "dropped", "superseded"), ("failed", "sent", "")]


def test_a_request_whose_widget_never_opens_again_is_told(town_hall: Widget) -> None:
    call_request = ask(town_hall, EVENING, when="opening")
    [email] = send(EVENING)
    assert "as soon as we open: on Wednesday, December 2 at 09:00" in parts(email)[0]
    with clock.set_to(EVENING):
        town_hall.opening_hours = "2026 Nov 30 09:00-12:00"
        widget_store.save(town_hall)
        hours_changed.keep_up(EVENING)
    call_request.refresh_from_db()
    assert call_request.status == Status.FAILED
    [email] = send(EVENING)
    assert "our opening hours changed" in parts(email)[0]


def test_a_booking_that_is_moved_to_the_next_opening_leaves_the_calendar(
    town_hall: Widget, chief: User
) -> None:
    call_request = booked(town_hall)
    send(EVENING)
    with clock.set_to(EVENING):
        assert rescheduling.reschedule(call_request, "opening", person=chief)
    [email] = send(EVENING)
    text, _html, _message = parts(email)
    assert "as soon as we open: on Wednesday, December 2 at 09:00" in text
    assert "removes the call from your calendar" in text
    assert calendar_of(email)[0] == "CANCEL"


def test_a_retry_for_a_later_time_is_told(town_hall: Widget, chief: User) -> None:
    call_request = booked(town_hall)
    CallRequest.objects.filter(pk=call_request.pk).update(status=Status.FAILED)
    call_request.refresh_from_db()
    with clock.set_to(EVENING):
        assert retrying.retry(call_request, chief)
    [email] = send(EVENING)
    assert email.subject.startswith("Your call is confirmed")


def test_of_two_changes_in_a_row_the_newest_is_told(town_hall: Widget, chief: User) -> None:
    call_request = booked(town_hall)
    with clock.set_to(EVENING):
        rescheduling.reschedule(call_request, spelled(at(3, 14)), person=chief)
        rescheduling.reschedule(call_request, spelled(at(3, 15)), person=chief)
    [email] = send(EVENING)
    assert email.subject.endswith("15:00")
    assert [problem for _event, _state, problem in ends()] == ["superseded", "superseded", ""]


def test_what_is_no_longer_true_is_not_sent(town_hall: Widget) -> None:
    booked(town_hall)
    assert send(at(2, 9)) == []
    assert ends() == [("asked", "dropped", "outdated")]


def test_an_email_that_is_late_by_a_day_is_not_sent(shop: Widget) -> None:
    ask(shop)
    assert send(clock.now() + timedelta(days=1)) == []
    assert ends() == [("asked", "dropped", "outdated")]


@pytest.mark.parametrize("off", ["widget", "site"])
def test_nothing_is_stored_or_sent_while_it_is_off(
    shop: Widget, chief: User, settings: Settings, off: str
) -> None:
    ask(shop)
    if off == "widget":
        Widget.objects.update(mails_visitors=False)
    else:
        settings.MAIL_IS_SET = False
    assert send() == []
    assert ends() == [("asked", "dropped", "mail_off")]
    shop.refresh_from_db()
    call_request = ask(shop, nonce="another", number="06 98 76 54 32")
    actions.cancel(call_request, chief)
    assert len(ends()) == 1


def test_a_form_and_a_refused_call_take_no_more_round_trips_with_emails(
    settings: Settings,
) -> None:
    def messages(do: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as asked:
            do()
        return len(asked)

    def of_form_and_refused_call(nonce: str, number: str, widget: Widget) -> list[int]:
        refused = FakeApi(call_api.Refused(http_status=400))

        return [
            messages(lambda: ask(widget, nonce=nonce, number=number)),
            messages(lambda: place_next(refused)),  # type: ignore[arg-type]
        ]

    of_form_and_refused_call("first", "06 12 34 56 70", make_widget())  # what is kept in memory
    settings.MAIL_IS_SET = False
    off = of_form_and_refused_call("a", "06 12 34 56 71", make_widget())
    settings.MAIL_IS_SET = True
    no_mail = of_form_and_refused_call("b", "06 12 34 56 72", make_widget())
    # On SQLite, each statement is a message of its own.
    one_more = connection.vendor != "postgresql"
    # A form and a refused call also tell the team, if anybody wants to know.
    assert no_mail == [off[0] + one_more, off[1] + 2 * one_more]
    mailed = of_form_and_refused_call("c", "06 12 34 56 73", make_widget(mails_visitors=True))
    assert mailed == [off[0] + 2 * one_more, off[1] + 2 * one_more]
    assert ends()[0] == ("asked", "waiting", "")


def test_no_email_and_no_address_get_nothing(shop: Widget) -> None:
    Widget.objects.update(email_required=False)
    shop.refresh_from_db()
    ask(shop, email="")
    assert ends() == []
    call_request = ask(shop, nonce="signed", number="06 98 76 54 32")
    CallRequest.objects.filter(pk=call_request.pk).update(email="not an address")
    assert send() == []
    assert ends() == [("asked", "dropped", "no_address")]


def test_a_test_call_of_the_operator_gets_nothing(shop: Widget) -> None:
    ask(shop, nonce="test-call-1")
    assert send() == []
    assert ends() == [("asked", "dropped", "test_call")]


def test_an_erasure_reaches_what_waits(shop: Widget) -> None:
    ask(shop)
    erasure.erase(None, email=EMAIL)
    assert not OutboxMessage.objects.exists()
    assert send() == []


def test_a_visitor_who_wants_no_more_calls_gets_no_email_about_a_call_for_now(
    shop: Widget,
) -> None:
    call_request = ask(shop)
    send()
    assert blocking.never_again(call_request)
    assert send() == []
