"""Watching what became of requests that were retried together."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.models import CallRequest, Status
from tests.support.factories import make_request
from tests.support.staff.pages import action_url, fields_of, make_staff, select, signed_in

pytestmark = pytest.mark.django_db


def retry_together(client: Client, *requests: CallRequest) -> str:
    shown = fields_of(select(client, "retry", *requests), action_url("retry"))
    answer = client.post(action_url("retry"), shown)
    assert answer.status_code == 302
    return str(answer["Location"])


@pytest.mark.long
def test_the_page_tells_what_became_of_them(staff: Client, agent: User) -> None:
    mine = [make_request(status=Status.FAILED) for _ in range(4)]
    # A colleague's, at the same time, are not mine.
    address = retry_together(staff, *mine[:2])
    retry_together(signed_in(agent), *mine[2:])
    html = " ".join(staff.get(address).content.decode().split())
    assert "2 requests, retried at" in html
    assert "by chief" in html
    assert "2 are still waiting" in html
    assert "data-again" in html
    CallRequest.objects.filter(pk=mine[0].pk).update(status=Status.CALLED)
    CallRequest.objects.filter(pk=mine[1].pk).update(status=Status.FAILED)
    html = " ".join(staff.get(address).content.decode().split())
    assert "All of them have ended." in html
    assert "data-again" not in html
    assert f">{mine[1].public_id}</a>" in html
    assert f">{mine[0].public_id}</a>" not in html


def test_a_single_retry_leads_back(staff: Client) -> None:
    assert "retried" not in retry_together(staff, make_request(status=Status.FAILED))


def test_more_requests_need_no_more_queries(staff: Client) -> None:
    def queries(count: int) -> int:
        address = retry_together(staff, *(make_request(status=Status.FAILED) for _ in range(count)))
        staff.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(address).status_code == 200
        return len(captured)

    assert queries(2) == queries(12)


@pytest.mark.parametrize("ends", [(1, 2), (5, 1), (1, 10**15), (0, 0), (1, 10**30)])
def test_what_is_no_retry_is_not_found(staff: Client, ends: tuple[int, int]) -> None:
    make_request()
    address = reverse("admin:callbacks_callrequest_retried", args=ends)
    assert staff.get(address).status_code == 404


def test_the_progress_page_is_for_who_may_see_requests(staff: Client) -> None:
    address = retry_together(
        staff, make_request(status=Status.FAILED), make_request(status=Status.FAILED)
    )
    assert signed_in(make_staff("other", "view_widget")).get(address).status_code == 403
    assert signed_in(make_staff("sees", "view_callrequest")).get(address).status_code == 200
