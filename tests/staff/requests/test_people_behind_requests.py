"""Blocking, erasing and annotating: what is about the person, whatever became of the request."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from callbacks.abuse import block_list, refusals
from callbacks.core import clock
from callbacks.models import (
    AuditEntry,
    Block,
    CallRequest,
    Erasure,
    Note,
    RefusalKind,
    Status,
)
from callbacks.staff.requests.actions import STAFF_ACTIONS
from tests.support.factories import make_request
from tests.support.staff.pages import (
    LIST,
    action_url,
    ask,
    confirm,
    fields_of,
    make_staff,
    page_of,
    select,
    signed_in,
)

pytestmark = pytest.mark.django_db


def test_the_numbers_of_several_are_blocked(staff: Client, chief: User) -> None:
    one = make_request(number="+33612345678", status=Status.CALLED)
    two = make_request(number="+33687654321", status=Status.CANCELLED)
    html = select(staff, "block", one, two)
    assert "no widget calls them any more" in html
    assert not Block.objects.exists()
    shown = fields_of(html, action_url("block"))
    assert confirm(staff, "block", shown, note="a prank") == ["2 numbers are blocked."]
    assert block_list.is_blocked(number="+33612345678")
    assert block_list.is_blocked(number="+33687654321")
    assert {(b.author, b.reason) for b in Block.objects.all()} == {(chief, "a prank")}
    assert "On the block list" in staff.get(page_of(one)).content.decode()


def test_a_status_that_has_changed_meanwhile_does_not_matter(staff: Client) -> None:
    call_request = make_request()
    shown = ask(staff, "block", call_request)
    CallRequest.objects.update(status=Status.CALLED, attempts_made=1)
    assert confirm(staff, "block", shown) == ["1 number is blocked."]


def test_erasing_needs_the_tick_and_takes_all_of_that_person(staff: Client) -> None:
    one = make_request(number="+33612345678", status=Status.CALLED)
    two = make_request(number="+33612345678", status=Status.QUEUED)
    other = make_request(status=Status.CALLED)
    shown = fields_of(select(staff, "erase", one, two), action_url("erase"))
    confirm(staff, "erase", shown)
    assert not Erasure.objects.exists()
    assert confirm(staff, "erase", shown, confirmed="on") == [
        "The personal data of 2 requests is erased."
    ]
    for call_request in (one, two):
        call_request.refresh_from_db()
        assert (call_request.number, call_request.email) == ("", "")
        assert call_request.erased_at
    assert two.status == Status.CANCELLED
    other.refresh_from_db()
    assert other.erased_at is None
    # One certificate for one person, however many of their requests were chosen.
    assert Erasure.objects.count() == 1
    assert action_url("erase") not in staff.get(page_of(one)).content.decode()


def test_a_call_that_is_being_placed_is_not_erased(staff: Client) -> None:
    call_request = make_request(status=Status.CALLING)
    (message,) = confirm(staff, "erase", ask(staff, "erase", call_request), confirmed="on")
    assert "a call is in progress" in message
    assert re.search(r"Try again after \d\d:\d\d\.", message)
    call_request.refresh_from_db()
    assert call_request.number


@pytest.mark.parametrize("name", sorted({*STAFF_ACTIONS} - {"erase"}))
def test_nothing_is_offered_or_done_once_the_data_was_erased(staff: Client, name: str) -> None:
    """On its own page, and in a selection that was made before."""
    erased, other = make_request(status=Status.FAILED), make_request(status=Status.FAILED)
    shown = {"seen": [f"{one.pk}:failed:0" for one in (erased, other)], "note": "n", "back": ""}
    confirm(staff, "erase", ask(staff, "erase", erased), confirmed="on")
    page = staff.get(page_of(erased)).content.decode()
    assert "/do/" not in page
    assert "the personal data has been erased" in page
    alone = {**shown, "seen": f"{erased.pk}:failed:0"}
    assert confirm(staff, name, alone) == [  # type: ignore[arg-type]
        f"{erased}: nothing more can be done, because the personal data has been erased."
    ]
    assert any(
        message.startswith(f"{erased}: nothing more can be done")
        for message in confirm(staff, name, shown)  # type: ignore[arg-type]
    )
    erased.refresh_from_db()
    assert erased.status == Status.FAILED
    assert not erased.moves.exists()
    assert not erased.notes.exists()


def test_a_note_is_not_kept_with_what_was_erased(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED)
    confirm(staff, "erase", ask(staff, "erase", call_request), confirmed="on")
    note = reverse("admin:callbacks_callrequest_note", args=[call_request.pk])
    page = staff.post(note, {"text": "Calls back on Monday"}, follow=True).content.decode()
    assert "The note was not saved: the personal data has been erased." in page
    assert not Note.objects.exists()


def test_what_was_erased_is_not_to_be_done_any_more(staff: Client) -> None:
    for status in (Status.UNCERTAIN, Status.FAILED):
        call_request = make_request(status=status)
        assert page_of(call_request) in staff.get(LIST, {"todo": "person"}).content.decode()
        confirm(staff, "erase", ask(staff, "erase", call_request), confirmed="on")
        assert page_of(call_request) not in staff.get(LIST, {"todo": "person"}).content.decode()


def test_a_note_is_kept_with_each(agent: User) -> None:
    client = signed_in(agent)
    one, two = make_request(), make_request(status=Status.FAILED)
    shown = fields_of(select(client, "annotate", one, two), action_url("annotate"))
    assert confirm(client, "annotate", shown) == []
    assert not Note.objects.exists()
    assert confirm(client, "annotate", shown, note="Calls back on Monday") == [
        "The note is added to 2 requests."
    ]
    assert {(n.call_request, n.text) for n in Note.objects.all()} == {
        (one, "Calls back on Monday"),
        (two, "Calls back on Monday"),
    }


@pytest.mark.parametrize(
    ("name", "permission"),
    [
        ("block", "add_block"),
        ("erase", "erase_callrequest"),
        ("annotate", "act_on_callrequest"),
        ("retry", "act_on_callrequest"),
    ],
)
def test_each_is_for_who_has_its_permission(name: str, permission: str) -> None:
    call_request = make_request(status=Status.FAILED)
    others = {"act_on_callrequest", "add_block", "erase_callrequest"} - {permission}
    wrong = signed_in(make_staff("wrong", "view_callrequest", *others))
    seen = {"seen": f"{call_request.pk}:failed:0", "note": "n", "confirmed": "on", "back": ""}
    assert wrong.get(action_url(name), {"request": call_request.pk}).status_code == 403
    assert wrong.post(action_url(name), seen).status_code == 403
    assert f'value="{name}"' not in wrong.get(LIST).content.decode()
    assert action_url(name) not in wrong.get(page_of(call_request)).content.decode()
    # Whoever may do it, but not see requests, may not do it either.
    blind = signed_in(make_staff("blind", permission))
    assert blind.post(action_url(name), seen).status_code == 403
    call_request.refresh_from_db()
    assert (call_request.status, call_request.erased_at) == (Status.FAILED, None)
    assert not Block.objects.exists()
    assert not Note.objects.exists()
    right = signed_in(make_staff("right", "view_callrequest", permission))
    assert right.get(action_url(name), {"request": call_request.pk}).status_code == 200


def test_the_page_says_how_often_this_number_asked(staff: Client) -> None:
    now = clock.now()
    number = "+33612345678"
    call_request = make_request(number=number)
    make_request(number=number, created_at=now - timedelta(hours=23))
    make_request(number=number, created_at=now - timedelta(days=20))
    make_request(number=number, created_at=now - timedelta(days=50))
    for _ in range(3):
        refusals.record(call_request.widget, RefusalKind.NUMBER, number=number)
    html = " ".join(staff.get(page_of(call_request)).content.decode().split())
    assert "2 requests in 24 hours, 3 in 30 days, 4 in total" in html
    assert "3 refusals in 24 hours" in html


def test_what_was_done_is_in_the_trail(staff: Client) -> None:
    call_request = make_request(status=Status.CALLED)
    confirm(staff, "block", ask(staff, "block", call_request))
    confirm(staff, "annotate", ask(staff, "annotate", call_request), note="x")
    confirm(staff, "erase", ask(staff, "erase", call_request), confirmed="on")
    done = AuditEntry.objects.exclude(action="sign_in")
    actions = list(done.order_by("pk").values_list("action", flat=True))
    assert actions == ["block.add", "request.note", "privacy.erase"]
