"""A visitor can say "don't call me again" from the status page, at any time, without a script."""

from typing import Any

import pytest
from django.test import Client

from callbacks.abuse import block_list
from callbacks.core import clock
from callbacks.lifecycle import blocking
from callbacks.models import Block, CallRequest, ConsentEvent, Status
from tests.support.factories import make_request, make_widget, post_form
from tests.support.forms import forms_on

pytestmark = pytest.mark.django_db

NOTICE = "again, even if someone asks us to. Your consent has been withdrawn."


def path_of(call_request: CallRequest) -> str:
    return f"{call_request.get_absolute_url()}never/"


def say_it(call_request: CallRequest, place: str = "") -> Any:
    client = Client()
    (form,) = forms_on(client.get(place or path_of(call_request)))
    return client.post(form.action, form.fields)


def is_blocked(call_request: CallRequest) -> bool:
    return block_list.is_blocked(number=call_request.number)


def withdrawals(call_request: CallRequest) -> int:
    return call_request.consent_proofs.filter(event=ConsentEvent.WITHDRAWN).count()


def test_the_status_page_leads_there() -> None:
    call_request = make_request()
    page = Client().get(call_request.get_absolute_url()).content.decode()
    assert f'href="{path_of(call_request)}"' in page


def test_asking_changes_nothing_and_shows_no_full_number() -> None:
    call_request = make_request(language="en")
    page = Client().get(path_of(call_request)).content.decode()
    assert "Stop all calls to this number?" in page
    assert str(call_request.number)[-8:-2] not in page.replace("\u00a0", "")
    assert not is_blocked(call_request)
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED


def test_a_call_that_waits_is_cancelled_and_the_number_blocked() -> None:
    call_request = make_request(language="en")
    response = say_it(call_request)
    assert (response.status_code, response["Location"]) == (303, call_request.get_absolute_url())
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == ("cancelled", "by_visitor")
    assert is_blocked(call_request)
    assert withdrawals(call_request) == 1
    assert Block.objects.get().reason == blocking.BY_VISITOR
    page = Client().get(response["Location"]).content.decode()
    assert NOTICE in page
    assert f'href="{path_of(call_request)}"' not in page
    assert "Ask for another call" not in page


@pytest.mark.parametrize(
    "status", [Status.CALLING, Status.CALLED, Status.UNCERTAIN, Status.FAILED, Status.CANCELLED]
)
def test_never_again_is_never_too_late(status: str) -> None:
    call_request = make_request(status=status, language="en")
    assert say_it(call_request).status_code == 303
    call_request.refresh_from_db()
    assert call_request.status == status
    assert is_blocked(call_request)
    assert withdrawals(call_request) == 1
    page = Client().get(call_request.get_absolute_url()).content.decode()
    assert NOTICE in page
    assert ("could not be stopped" in page) == (status == Status.CALLING)


def test_saying_it_twice_is_no_complaint() -> None:
    call_request = make_request()
    for _press in range(2):
        assert Client().post(path_of(call_request)).status_code == 303
    assert withdrawals(call_request) == 1


def test_a_request_that_changed_meanwhile_but_waits_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call_request = make_request()
    really = blocking.never_again
    calls: list[str] = []

    def crossed(call_request: CallRequest) -> bool:
        if not calls:
            CallRequest.objects.filter(pk=call_request.pk).update(attempts_made=1)
        calls.append(call_request.status)
        return really(call_request)

    monkeypatch.setattr(blocking, "never_again", crossed)
    assert say_it(call_request).status_code == 303
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == ("cancelled", "by_visitor")


def test_the_number_cannot_be_called_from_any_widget_afterwards() -> None:
    widget = make_widget(language="en")
    say_it(make_request(number="+33612345678"))
    response = post_form(Client(), widget, number="06 12 34 56 78")
    assert response.status_code == 422
    assert "take a call request with these details." in response.content.decode()


def test_a_block_by_staff_is_not_told() -> None:
    """Whoever sent the form need not be the number's owner."""
    call_request = make_request(language="en")
    block_list.add("number", call_request.number, reason="prank")
    assert NOTICE not in Client().get(call_request.get_absolute_url()).content.decode()


def test_never_again_stays_in_the_frame() -> None:
    widget = make_widget(allowed_origins=["https://shop.example"])
    call_request = make_request(widget=widget)
    place = f"/embed/r/{call_request.token}/"
    assert f'href="{place}never/"' in Client().get(place).content.decode()
    response = say_it(call_request, f"{place}never/")
    assert (response.status_code, response["Location"]) == (303, place)
    assert is_blocked(call_request)


def test_another_site_cannot_say_it() -> None:
    call_request = make_request()
    response = Client().post(path_of(call_request), headers={"origin": "https://evil.example"})
    assert response.status_code == 403
    assert not is_blocked(call_request)


def test_an_erased_request_has_no_number_to_block() -> None:
    call_request = make_request(status=Status.CALLED)
    CallRequest.objects.filter(pk=call_request.pk).update(
        erased_at=clock.now(), number="", number_hash=""
    )
    assert "never/" not in Client().get(call_request.get_absolute_url()).content.decode()
    for method in ("get", "post"):
        assert getattr(Client(), method)(path_of(call_request)).status_code == 303
    assert not Block.objects.exists()


def test_an_unknown_request_is_not_found() -> None:
    assert Client().post("/r/nobody/never/").status_code == 404
