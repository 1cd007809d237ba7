"""Who said "do not call me again" can take it back for ten minutes; nobody is called by that."""

import html
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from callbacks.abuse import block_list
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.lifecycle import blocking, retrying, transitions
from callbacks.models import BlockKind, CallRequest, ConsentEvent, Reason, Status
from tests.support.factories import make_request, make_widget, post_form
from tests.support.forms import forms_on

pytestmark = pytest.mark.django_db

NUMBER = "+33612345678"


def said_never(**fields: Any) -> CallRequest:
    """A request whose visitor does not want to be called again."""
    call_request = make_request(**{"number": NUMBER, "language": "en"} | fields)
    path = f"{call_request.get_absolute_url()}never/"
    (form,) = forms_on(Client().get(path))
    assert Client().post(form.action).status_code == 303
    assert is_blocked()
    call_request.refresh_from_db()
    return call_request


def page_of(call_request: CallRequest) -> Any:
    return Client().get(call_request.get_absolute_url())


def undo(call_request: CallRequest) -> Any:
    return Client().post(f"{call_request.get_absolute_url()}never/undo/")


def is_blocked() -> bool:
    return block_list.is_blocked(number=NUMBER)


def events(call_request: CallRequest) -> list[str]:
    return list(call_request.consent_proofs.order_by("pk").values_list("event", flat=True))


def staff() -> User:
    return User.objects.get_or_create(username="anne")[0]


def test_the_page_says_so_in_its_heading_and_offers_to_undo_it() -> None:
    now = clock.now().replace(year=2027, month=1, day=15, hour=9, minute=0, second=0)
    with clock.set_to(now):
        page = page_of(said_never())
    text = html.unescape(page.content.decode())
    assert '<h1 id="title">We won\'t call this number again</h1>' in text
    assert "You can undo this until 10:10." in text
    assert [form.action.rpartition("never/")[2] for form in forms_on(page)] == ["undo/"]


def test_undone_the_number_may_be_called_but_not_for_this_request() -> None:
    call_request = said_never()
    (form,) = forms_on(page_of(call_request))
    response = Client().post(form.action, form.fields)
    assert (response.status_code, response["Location"]) == (303, call_request.get_absolute_url())
    assert not is_blocked()
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == ("cancelled", "by_visitor")
    assert events(call_request) == [ConsentEvent.WITHDRAWN]
    text = page_of(call_request).content.decode()
    assert "This number can be called again. To be called, ask for another call." in text
    assert "We won't call you" in html.unescape(text)
    # Asking again is a request of its own, with a consent of its own.
    assert post_form(Client(), make_widget(), number="06 12 34 56 78").status_code == 303
    new = CallRequest.objects.latest("pk")
    assert new.pk != call_request.pk
    assert events(new) == [ConsentEvent.GIVEN]


def test_it_can_be_said_again_and_undone_again() -> None:
    call_request = said_never()
    assert undo(call_request).status_code == 303
    assert Client().post(f"{call_request.get_absolute_url()}never/").status_code == 303
    assert is_blocked()
    assert undo(call_request).status_code == 303
    assert not is_blocked()


def test_ten_minutes_later_it_is_too_late() -> None:
    call_request = said_never()
    with clock.set_to(clock.now() + blocking.UNDO_FOR):
        assert not forms_on(page_of(call_request))
        response = undo(call_request)
        assert response.status_code == 409
        assert "too late to undo this here" in response.content.decode()
        assert is_blocked()


def test_a_second_press_is_no_complaint() -> None:
    call_request = said_never()
    assert [undo(call_request).status_code for _press in range(2)] == [303, 303]


def by_staff(call_request: CallRequest) -> None:
    assert blocking.block(call_request, staff())


def by_an_import(call_request: CallRequest) -> None:
    entry = ("number", call_request.number, "letter of the customer", None)
    block_list.add_many([entry], author=staff())


def by_another_request(call_request: CallRequest) -> None:
    said_never(widget=call_request.widget)


@pytest.mark.parametrize("renewed", [by_staff, by_an_import, by_another_request])
def test_what_somebody_else_wants_as_well_is_not_undone(renewed: Any) -> None:
    call_request = said_never()
    renewed(call_request)
    assert not [form for form in forms_on(page_of(call_request)) if "undo" in form.action]
    # The page answers that it is too late, or that this visitor's own wish is in force no more.
    undo(call_request)
    assert is_blocked()


def test_what_was_blocked_before_is_not_undone() -> None:
    block_list.add(BlockKind.NUMBER, NUMBER, reason="prank", author=staff())
    call_request = said_never()
    assert not forms_on(page_of(call_request))
    assert undo(call_request).status_code == 409
    assert is_blocked()


def test_the_entry_goes_only_if_it_is_still_the_same_when_it_goes() -> None:
    """One statement compares and deletes: nobody renews the entry in between."""
    call_request = said_never()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert blocking.undo_never_again(call_request)
    (deleting,) = (
        q["sql"]
        for q in queries
        if 'FROM "callbacks_block"' in q["sql"] and q["sql"].startswith("DELETE")
    )
    assert all(column in deleting for column in ("created_at", "reason", "author_id", "until"))


def test_while_the_call_is_being_placed_nothing_is_undone() -> None:
    """Were nothing placed, the request would be called without a consent."""
    call_request = said_never(status=Status.CALLING)
    assert not forms_on(page_of(call_request))
    assert undo(call_request).status_code == 409
    assert is_blocked()


def test_a_request_that_waits_again_is_cancelled() -> None:
    call_request = said_never(status=Status.CALLING)
    CallRequest.objects.filter(pk=call_request.pk).update(status=Status.QUEUED)
    assert undo(call_request).status_code == 303
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == ("cancelled", "by_visitor")
    assert not is_blocked()


def test_staff_cannot_retry_what_the_visitor_withdrew() -> None:
    call_request = said_never(status=Status.FAILED, reason=Reason.TOO_LATE)
    assert undo(call_request).status_code == 303
    call_request.refresh_from_db()
    with pytest.raises(transitions.NotAllowed):
        retrying.retry(call_request, staff())
    call_request.refresh_from_db()
    assert call_request.status == Status.FAILED


def test_an_erased_request_undoes_nothing() -> None:
    call_request = said_never()
    erasure.erase(None, number=NUMBER)
    undo(call_request)
    assert is_blocked()
    call_request.refresh_from_db()
    assert (call_request.blocked_at, call_request.viewed_at) == (None, None)


def test_another_site_cannot_undo_it() -> None:
    call_request = said_never()
    path = f"{call_request.get_absolute_url()}never/undo/"
    assert Client().post(path, headers={"origin": "https://evil.example"}).status_code == 403
    assert Client().get(path).status_code == 405
    assert is_blocked()
