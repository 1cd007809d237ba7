"""A support person finds out what happened to a request, without its number."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from callbacks.call_api import Refused
from callbacks.core import clock
from callbacks.dispatch import place_next
from callbacks.lifecycle import retrying
from callbacks.models import CallOutcome, Status
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import accept_one, accept_vouched
from tests.support.staff.pages import make_staff
from tests.support.topics import offering, request_about

pytestmark = pytest.mark.django_db


def test_it_tells_everything_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    call_request = accept_one(8)
    refused: Any = FakeApi(Refused("no", code="refused", http_status=400, excerpt="to 0612345608"))
    place_next(refused)
    call_request.refresh_from_db()
    assert call_request.status == Status.FAILED
    staff = make_staff("agent", "view_callrequest", "act_on_callrequest")
    retrying.retry(call_request, staff)
    accepted: Any = FakeApi()
    place_next(accepted)
    call_request.refresh_from_db()
    CallOutcome.objects.create(
        key="k", call_request=call_request, status="qualified", received_at=call_request.status_at
    )
    call_command("story", call_request.public_id.lower())
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == f"Request {call_request.public_id}: Called"
    words = [
        *(
            "The visitor asked for a call.",
            "Waiting → Calling",
            "Attempt 1 ended: Refused, refused, HTTP 400",
        ),
        *("Failed → Waiting (retry by Staff agent", "Attempt 2 ended: Accepted"),
        "outcome: Qualified",
    ]
    places = [next(i for i, line in enumerate(lines) if word in line) for word in words]
    assert places == sorted(places)
    assert "+33 6 •• •• •• 08" in out
    for secret in ("612345608", "12 34 56 08", "jo@example.fr", call_request.token):
        assert secret not in out


def test_what_a_terminal_would_obey_is_spelled_out(capsys: pytest.CaptureFixture[str]) -> None:
    call_request = accept_one(8)
    CallOutcome.objects.create(
        key="k", call_request=call_request, status="a\u202eb\x1b[1m é", received_at=clock.now()
    )
    call_command("story", call_request.public_id)
    assert "outcome: a[U+202E]b[U+001B][1m é." in capsys.readouterr().out


def test_it_says_when_a_system_asked(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("story", accept_vouched().public_id)
    out = capsys.readouterr().out
    assert "A system of the company asked for a call." in out
    assert "The visitor asked" not in out


def test_an_unknown_one_is_told() -> None:
    with pytest.raises(CommandError, match="no request with this public ID"):
        call_command("story", "NOBODY")


def test_it_names_the_topic(capsys: pytest.CaptureFixture[str]) -> None:
    shop = offering(name="Shop")
    call_request = request_about(shop)
    call_command("story", call_request.public_id)
    assert f"Topic: Sales (sales), offered by Shop ({shop.public_id})" in capsys.readouterr().out
    shop.delete()
    call_command("story", call_request.public_id)
    assert "Topic: Sales (sales)\n" in capsys.readouterr().out
