"""Permissions: who sees requests, who acts, and who sees nothing."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from callbacks.models import CallRequest, Status
from tests.support.factories import make_request
from tests.support.staff.pages import LIST, action_url, make_staff, page_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_() -> CallRequest:
    return make_request(status=Status.FAILED, number="+33612345678")


def test_a_visitor_is_sent_to_the_login(request_: CallRequest) -> None:
    for address in (LIST, page_of(request_), action_url("retry"), reverse("admin:calling")):
        answer = Client().get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("admin:login"))


def test_staff_without_permissions_see_nothing(request_: CallRequest) -> None:
    client = signed_in(make_staff("newcomer"))
    for address in (LIST, page_of(request_), reverse("admin:calling")):
        assert client.get(address).status_code == 403
    assert client.post(LIST, {"q": "#1"}).status_code == 403
    first_page = client.get(reverse("admin:index")).content.decode()
    assert "no permissions yet" in first_page
    assert LIST not in first_page
    assert reverse("admin:calling") not in first_page


def test_an_onlooker_sees_but_cannot_act(request_: CallRequest, onlooker: User) -> None:
    client = signed_in(onlooker)
    detail = client.get(page_of(request_)).content.decode()
    assert "+33 6 •• •• •• 78" in detail
    assert action_url("retry") not in detail
    assert 'value="retry"' not in client.get(LIST).content.decode()
    assert client.get(action_url("retry"), {"request": request_.pk}).status_code == 403
    seen = f"{request_.pk}:failed:0"
    assert client.post(action_url("retry"), {"seen": seen}).status_code == 403
    note = reverse("admin:callbacks_callrequest_note", args=[request_.pk])
    assert client.post(note, {"text": "psst"}).status_code == 403
    client.post(LIST, {"action": "retry", "index": "0", "_selected_action": [request_.pk]})
    request_.refresh_from_db()
    assert request_.status == Status.FAILED
    assert not request_.notes.exists()


def test_an_agent_acts(request_: CallRequest, agent: User) -> None:
    client = signed_in(agent)
    assert action_url("retry") in client.get(page_of(request_)).content.decode()
    client.post(action_url("retry"), {"seen": f"{request_.pk}:failed:0"})
    request_.refresh_from_db()
    assert (request_.status, request_.retried_by) == (Status.QUEUED, agent)


def test_acting_needs_the_csrf_token(request_: CallRequest, agent: User) -> None:
    client = signed_in(agent, enforce_csrf_checks=True)
    answer = client.post(action_url("retry"), {"seen": f"{request_.pk}:failed:0"})
    assert answer.status_code == 403
    request_.refresh_from_db()
    assert request_.status == Status.FAILED


def test_nothing_happens_by_get(request_: CallRequest, agent: User) -> None:
    client = signed_in(agent)
    for name in ("retry", "mark_called", "close"):
        client.get(action_url(name), {"request": request_.pk, "seen": f"{request_.pk}:failed:0"})  # type: ignore[arg-type]
    request_.refresh_from_db()
    assert request_.status == Status.FAILED
