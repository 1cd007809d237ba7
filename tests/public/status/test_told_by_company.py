"""The visitor is told when the company moved or cancelled the call, by whom, from when to when."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from callbacks.core import clock
from callbacks.intake.rescheduling import reschedule
from callbacks.lifecycle import actions
from callbacks.models import ApiKey, AuditEntry, CallRequest, Reason, Scope, Status
from callbacks.scheduling.slots import spelled
from callbacks.staff.accounts import audit_log_words
from tests.support import bookings
from tests.support.api import make_key
from tests.support.factories import make_request
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

MOVED = "has moved your call"


def booking(company: str = "Town hall", **fields: object) -> CallRequest:
    widget = widget_with(**TOWN_HALL, slot_minutes=30, company_name=company)
    return bookings.booking(widget, **{"language": "en"} | fields)


def told(call_request: CallRequest) -> tuple[str, str]:
    """Return the title and the text of the status page, as its script gets them, and check both."""
    with clock.set_to(at(1, 20)):
        state = Client().get(f"{call_request.get_absolute_url()}state/").json()
        page = Client().get(call_request.get_absolute_url()).context["message"]
    assert (page.title, page.text) == (state["title"], state["text"])
    return state["title"], state["text"].replace("\u00a0", " ")


def move(call_request: CallRequest, when: str, **by: object) -> None:
    with clock.set_to(at(1, 20)):
        assert reschedule(call_request, when, **by)  # type: ignore[arg-type]


def test_a_move_by_staff_names_the_company_the_old_time_and_the_new_one(admin_user: User) -> None:
    call_request = booking()
    move(call_request, spelled(at(3, 14)), person=admin_user)
    title, text = told(call_request)
    assert title == "Your call has been moved"
    assert text.startswith(
        "Town hall has moved your call, which was planned on December 2 at 09:00. We'll call "
    )
    assert "on December 3, between 14:00 and 14:30." in text


def test_in_french_and_without_a_name_it_is_our_team(admin_user: User) -> None:
    call_request = booking("", language="fr")
    move(call_request, spelled(at(3, 14)), person=admin_user)
    title, text = told(call_request)
    assert title == "Votre appel est déplacé"
    assert text.startswith(
        "Notre équipe a déplacé votre appel, qui était prévu le 2 décembre à 9h00. "
    )


def test_a_move_through_the_api_is_told_too_and_the_last_of_several_counts(
    admin_user: User,
) -> None:
    make_key(Scope.READ)
    call_request, key = booking(), ApiKey.objects.get()
    move(call_request, spelled(at(3, 14)), person=admin_user)
    move(call_request, "opening", key=key)
    _title, text = told(call_request)
    assert "which was planned on December 3 at 14:00. We're closed now." in text


def test_a_visitor_who_moves_the_call_again_is_told_nothing(admin_user: User) -> None:
    call_request = booking()
    move(call_request, spelled(at(3, 14)), person=admin_user)
    move(call_request, spelled(at(4, 9)))
    title, text = told(call_request)
    assert (title, MOVED in text) == ("Your call is scheduled", False)


def test_without_the_entry_of_the_audit_trail_the_old_time_is_left_out(admin_user: User) -> None:
    call_request = booking()
    move(call_request, spelled(at(3, 14)), person=admin_user)
    AuditEntry.objects.all().delete()
    assert told(call_request)[1].startswith("Town hall has moved your call. We'll call ")


def test_a_cancellation_by_staff_names_the_company_and_the_time(admin_user: User) -> None:
    call_request = booking()
    with clock.set_to(at(1, 20)):
        assert actions.cancel(call_request, admin_user)
    title, text = told(call_request)
    assert title == "Your request is cancelled"
    assert text == (
        "Town hall has cancelled your call, which was planned on December 2, between 09:00 and "
        "09:30. We won't call you for this request."
    )


def test_a_cancelled_call_without_a_time_slot_names_the_company(admin_user: User) -> None:
    call_request = make_request(widget=widget_with(company_name="Town hall"), language="en")
    with clock.set_to(at(1, 20)):
        assert actions.cancel(call_request, admin_user)
    assert told(call_request)[1].startswith("Town hall has cancelled your request. ")


def test_a_request_that_staff_closed_or_that_is_blocked_is_only_closed(admin_user: User) -> None:
    failed = booking(status=Status.FAILED, reason=Reason.TOO_LATE)
    with clock.set_to(at(1, 20)):
        assert actions.close(failed, admin_user)
    blocked = booking(status=Status.CANCELLED, reason=Reason.BLOCKED)
    for call_request in (failed, blocked):
        assert told(call_request) == (
            "Your request is closed",
            "We won't call you for this request.",
        )


def test_the_audit_trail_says_from_when_to_when(admin_user: User) -> None:
    call_request = CallRequest.objects.get(pk=booking().pk)
    move(call_request, spelled(at(3, 14)), person=admin_user)
    entry = AuditEntry.objects.get()
    assert entry.facts == {
        "moved_from": "2026-12-02T08:00:00+00:00",
        "moved_to": "2026-12-03T13:00:00+00:00",
    }
    with translation.override("en"):
        words = audit_log_words.detail(entry)
    assert "from 2 Dec. 2026 09:00" in words
    assert "to 3 Dec. 2026 14:00" in words
