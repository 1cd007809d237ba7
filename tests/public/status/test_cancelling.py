"""A visitor can take a request back while it waits; they are asked first, without a script."""

from typing import Any

import pytest
from django.test import Client

from callbacks.lifecycle import actions
from callbacks.models import CallRequest, Move, Status
from tests.support.factories import make_request
from tests.support.forms import forms_on

pytestmark = pytest.mark.django_db


def path_of(call_request: CallRequest) -> str:
    return f"{call_request.get_absolute_url()}cancel/"


def cancel(call_request: CallRequest) -> Any:
    client = Client()
    (form,) = forms_on(client.get(path_of(call_request)))
    return client.post(form.action, form.fields)


def test_asking_changes_nothing() -> None:
    call_request = make_request()
    assert Client().get(path_of(call_request)).status_code == 200
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED


def test_a_request_is_cancelled_by_the_visitor() -> None:
    call_request = make_request(language="en")
    response = cancel(call_request)
    assert (response.status_code, response["Location"]) == (303, call_request.get_absolute_url())
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == ("cancelled", "by_visitor")
    assert Move.objects.get(call_request=call_request).actor == "visitor"
    assert "Your request is cancelled" in Client().get(response["Location"]).content.decode()


def test_pressing_twice_is_no_complaint() -> None:
    call_request = make_request()
    for _press in range(2):
        assert Client().post(path_of(call_request)).status_code == 303
    assert Move.objects.filter(call_request=call_request).count() == 1


@pytest.mark.parametrize("status", [Status.CALLING, Status.CALLED, Status.UNCERTAIN])
def test_once_it_is_called_it_is_too_late(status: str) -> None:
    call_request = make_request(status=status, language="en")
    assert Client().get(path_of(call_request))["Location"] == call_request.get_absolute_url()
    response = Client().post(path_of(call_request))
    assert response.status_code == 409
    assert "too late to change this request" in response.content.decode()
    call_request.refresh_from_db()
    assert call_request.status == status


def meanwhile(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> list[str]:
    """Something changes the row between reading it and cancelling it, the first time."""
    really = actions.cancel_by_visitor
    seen: list[str] = []

    def crossed(call_request: CallRequest) -> bool:
        if not seen:
            CallRequest.objects.filter(pk=call_request.pk).update(**changes)
        seen.append(call_request.status)
        return really(call_request)

    monkeypatch.setattr(actions, "cancel_by_visitor", crossed)
    return seen


def test_a_row_that_changed_but_still_waits_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    call_request = make_request()
    seen = meanwhile(monkeypatch, attempts_made=1)
    assert cancel(call_request).status_code == 303
    assert seen == ["queued", "queued"]
    call_request.refresh_from_db()
    assert call_request.status == Status.CANCELLED


def test_a_call_that_begins_at_that_moment_is_not_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call_request = make_request()
    meanwhile(monkeypatch, status=Status.CALLING)
    assert cancel(call_request).status_code == 409
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLING
