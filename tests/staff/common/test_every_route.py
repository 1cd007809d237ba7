"""Who may do what: every route of the admin, asked by GET and POST as everybody.

A new route that is not in the table of `tests.support.staff.routes` fails. "May" means that the
route answers; what it then does for whom has tests of its own.
"""

import logging
import re

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from callbacks.core import clock
from callbacks.models import Status
from tests.support.factories import make_request
from tests.support.staff.routes import CHIEF, PEOPLE, TABLE, address_of, make_rows, person, routes

pytestmark = pytest.mark.django_db


def may(client: Client, method: str, address: str) -> bool:
    """Whether the route answers, other than by a refusal or by sending on to the sign-in."""
    with transaction.atomic():
        answer = getattr(client, method)(address)
        transaction.set_rollback(True)
    assert answer.status_code < 500
    to = answer.headers.get("Location", "")
    sent_to_sign_in = any(
        to.startswith(reverse(f"admin:{name}")) for name in ("login", "second_step_check")
    )
    return answer.status_code in {200, 302, 400} and not sent_to_sign_in


def test_every_route_is_in_the_table() -> None:
    assert {name for _pattern, name in routes()} == set(TABLE)


@pytest.mark.minutes
@pytest.mark.parametrize("letter", PEOPLE)
def test_each_route_answers_whom_the_table_names(
    letter: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)  # a refusal is logged with its traceback, by hundreds
    rows = make_rows()
    cookies = person(PEOPLE[letter]).cookies
    wrong = []
    for pattern, name in routes():
        for method, allowed in zip(("get", "post"), TABLE[name], strict=True):
            client = Client(headers={"accept-language": "en"})
            client.cookies = cookies.copy()  # type: ignore[assignment]
            if may(client, method, address_of(pattern, rows)) != (letter in allowed):
                wrong.append(f"{method} {name}")
    assert wrong == []


def test_no_page_of_the_desk_knows_the_way_to_a_visitors_page() -> None:
    call_request = make_request(status=Status.FAILED)
    client = person(CHIEF)
    client.post(reverse("admin:callbacks_callrequest_show", args=[call_request.pk]))
    listing = reverse("admin:callbacks_callrequest_changelist")
    pages = [
        client.get(listing),
        client.get(f"{listing}{call_request.pk}/change/"),
        client.get(f"{listing}{call_request.pk}/visitor/"),
        client.post(reverse("admin:consent_proof", args=[call_request.pk])),
        client.post(reverse("admin:consent_json", args=[call_request.pk])),
        client.post(listing, {"q": call_request.token}, follow=True),
        client.post(f"{listing}export/", {"format": "csv"}),
        client.post(reverse("admin:privacy"), {"who": call_request.number, "action": "export"}),
    ]
    for page in pages:
        assert page.status_code == 200
        assert call_request.token not in page.getvalue().decode() + page.request["QUERY_STRING"]
    assert (
        f"/{call_request.pk}/change/" in pages[5].content.decode()
    )  # found by the visitor's address


def test_staff_see_what_the_visitor_sees_and_can_do_nothing_there() -> None:
    call_request = make_request(status=Status.QUEUED, number="+33612345678", language="en")
    address = reverse("admin:callbacks_callrequest_visitor", args=[call_request.pk])
    with clock.set_to(clock.now()):  # at midnight, one page would say "tomorrow" and one not
        page = person("operators").get(address).content.decode()
        theirs = Client().get(call_request.get_absolute_url()).content.decode()
    for words in re.findall(r'<(?:h1|p) id="(?:title|text)">.*?</', theirs):
        assert words in page
    assert "Cancel this request" in theirs
    for way in ("<a ", "<form", "<script", "<button", "http-equiv", "Cancel this request"):
        assert way not in page
    assert "12 34 56" not in page
    assert "This is a copy of the visitor's page" in page
    assert 'data-status="queued"' in page
