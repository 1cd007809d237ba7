"""No form of the admin writes a request: a status changes by the lifecycle or not at all."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from callbacks.models import CallRequest, Move, Status
from tests.support.factories import make_request
from tests.support.staff.pages import LIST, page_of

pytestmark = pytest.mark.django_db

FORGED: dict[str, Any] = {
    "status": Status.CALLED,
    "reason": "",
    "number": "+33699999999",
    "email": "mallory@example.fr",
    "attempts_made": "9",
    "_save": "Save",
    "_continue": "1",
}


def columns(call_request: CallRequest) -> dict[str, Any]:
    return CallRequest.objects.filter(pk=call_request.pk).values().get()  # type: ignore[return-value]


def test_a_forged_change_is_refused(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED)
    before = columns(call_request)
    assert staff.post(page_of(call_request), FORGED).status_code == 403
    assert columns(call_request) == before


def test_saving_as_new_and_adding_are_refused(staff: Client) -> None:
    call_request = make_request()
    assert staff.post(page_of(call_request), FORGED | {"_saveasnew": "1"}).status_code == 403
    assert staff.post(reverse("admin:callbacks_callrequest_add"), FORGED).status_code == 403
    assert CallRequest.objects.count() == 1


def test_deleting_is_refused(staff: Client) -> None:
    call_request = make_request()
    address = reverse("admin:callbacks_callrequest_delete", args=[call_request.pk])
    assert staff.post(address, {"post": "yes"}).status_code == 403
    staff.post(
        LIST,
        {
            "action": "delete_selected",
            "index": "0",
            "_selected_action": [call_request.pk],
            "post": "yes",
        },
    )
    assert CallRequest.objects.filter(pk=call_request.pk).exists()


def test_the_list_edits_nothing(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED)
    before = columns(call_request)
    forged = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": call_request.pk,
        "form-0-status": Status.CALLED,
        "_save": "Save",
    }
    staff.post(LIST, forged)
    assert columns(call_request) == before


def test_a_status_in_a_confirmation_is_only_compared(staff: Client) -> None:
    call_request = make_request(status=Status.UNCERTAIN, attempts_made=1)
    before = columns(call_request)
    address = reverse("admin:callbacks_callrequest_act", args=["retry"])
    # As if it were a failure, whose retry needs no extra confirmation.
    staff.post(address, {"seen": f"{call_request.pk}:failed:1", "status": Status.CALLED})
    assert columns(call_request) == before
    assert not Move.objects.exists()


def test_no_field_of_a_request_can_be_typed_in(staff: Client) -> None:
    html = staff.get(page_of(make_request())).content.decode()
    for name in FORGED:
        assert f'name="{name}"' not in html
