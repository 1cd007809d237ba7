"""The page of one request: what happened, and what to do next."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.lifecycle import actions, retrying, transitions
from callbacks.models import Actor, Attempt, CallRequest, Outcome, Reason, Status
from callbacks.staff.help import codes, reasons
from callbacks.staff.requests.actions import STAFF_ACTIONS
from callbacks.staff.requests.next_steps import what_next
from tests.support.factories import make_request
from tests.support.staff.pages import page_of

pytestmark = pytest.mark.django_db


def make_attempt(call_request: CallRequest, number: int, **fields: object) -> Attempt:
    now = clock.now()
    return Attempt.objects.create(
        **{
            "call_request": call_request,
            "widget": call_request.widget,
            "number": number,
            "started_at": now,
            "deadline_at": now + timedelta(seconds=30),
            "worker": "host:1:worker-1",
            "service": "call.uh.live",
            "outcome": Outcome.REFUSED,
        }
        | fields
    )


def test_the_whole_story_is_told_newest_first(staff: Client, chief: User) -> None:
    call_request = make_request(consent_text="Yes, call me.", language="fr")
    transitions.transition(call_request, transitions.CLAIM, Actor.WORKER, attempts_made=1)
    make_attempt(
        call_request,
        1,
        http_status=422,
        code="refused",
        excerpt='<script>alert("no such scenario")</script>',
        duration_ms=345,
        person=chief,
    )
    transitions.transition(call_request, transitions.REFUSE, Actor.WORKER, reason=Reason.REFUSED)
    retrying.retry(call_request, chief, note="Scenario corrected")
    actions.add_note(call_request, chief, "Prefers mornings")
    html = staff.get(page_of(call_request)).content.decode()
    story = html[html.index('class="staff-timeline"') :]
    told = [
        "Prefers mornings",
        "Back in the queue",
        "Scenario corrected",
        "Attempt 1: Refused",
        "for chief",
        "&lt;script&gt;alert(&quot;no such scenario&quot;)&lt;/script&gt;",
        "call.uh.live",
        "host:1:worker-1",
        " 422<",  # and not the microseconds of a time
        "345 ms",
        "Yes, call me.",
        "Call requested",
    ]
    places = [story.index(text) for text in told]
    assert places == sorted(places)
    assert "<script>alert" not in html


def test_the_limits_of_the_number_are_told_and_a_retry_by_staff_counts(
    staff: Client, chief: User
) -> None:
    now = clock.now()
    number = "+33612345678"
    make_request(number=number, created_at=now - timedelta(hours=25))  # outside the window
    make_request(number=number, created_at=now - timedelta(hours=23))
    make_request(created_at=now - timedelta(hours=1))  # somebody else
    asked_at = now - timedelta(minutes=1)
    call_request = make_request(number=number, status=Status.FAILED, created_at=asked_at)
    retrying.retry(call_request, chief)
    html = staff.get(page_of(call_request)).content.decode()
    story = html[html.index('class="staff-timeline"') :]
    told = re.findall(r"Request (\d) of 3 allowed in 24 hours", story)
    assert told == ["3", "2"]  # newest first: the retry, then what the visitor asked
    erasure.erase(None, number=call_request.number)
    assert "allowed in 24 hours" not in staff.get(page_of(call_request)).content.decode()


def test_nobody_is_told_to_call_whose_number_they_may_not_see() -> None:
    told = [
        what_next(CallRequest(status=status, reason=reason))
        for status in Status
        for reason in ("", *Reason)
    ]
    told += [entry.what_to_do for entry in (*reasons.reasons(), *codes.CODES)]  # type: ignore[misc]
    told += [action.explanation for action in STAFF_ACTIONS.values()]
    for text in map(str, told):
        assert "yourself" not in text, text
        if "call who" in text or "asks the person" in text:
            assert "who may see the number" in text, text


def test_the_page_says_what_it_is_now_and_what_to_do(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED, reason=Reason.TOO_LATE, number="+33612345678")
    html = staff.get(page_of(call_request)).content.decode()
    top = html[: html.index('class="staff-timeline"')]
    assert "+33 6 •• •• •• 78" in top
    assert "Maximum wait exceeded" in top
    assert "Nobody was called." in top
    assert call_request.token not in html


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("status", Status)
def test_there_is_advice_for_every_state_and_reason(status: Status, reason: Reason) -> None:
    assert str(what_next(CallRequest(status=status, reason=reason)))


def test_where_a_phone_may_have_rung_the_advice_is_to_find_out_first() -> None:
    for reason in ("", Reason.NO_ANSWER, Reason.WORKER_DIED, Reason.RESTORED):
        advice = str(what_next(CallRequest(status=Status.UNCERTAIN, reason=reason)))
        assert "heck" in advice


def test_more_history_needs_no_more_queries(staff: Client, chief: User) -> None:
    call_request = make_request(status=Status.FAILED)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(page_of(call_request)).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for number in range(1, 15):
        make_attempt(call_request, number, person=chief)
        actions.add_note(call_request, chief, f"note {number}")
        call_request.status = Status.FAILED
        CallRequest.objects.filter(pk=call_request.pk).update(status=Status.FAILED)
        retrying.retry(call_request, chief)
    # Of a failed request, one more asks whether it was looked at before.
    assert queries() == few - 1


def test_an_erased_request_shows_its_figures_and_nobodys_data(staff: Client) -> None:
    call_request = make_request(
        number="+33612345678", email="jean@example.fr", status=Status.CALLED
    )
    erasure.erase(None, number=call_request.number)
    html = staff.get(page_of(call_request)).content.decode()
    assert "Personal data erased" in html
    assert "34 56 78" not in html
    assert "jean@" not in html


def test_an_address_whose_key_is_quoted_shows_the_request(staff: Client) -> None:
    call_request = make_request(pk=10)
    for quoted in ("1_5F0", "10_0A"):
        answer = staff.get(f"/admin/callbacks/callrequest/{quoted}/change/")
        assert answer.status_code == 200
        assert answer.context["original"] == call_request


def test_a_request_that_does_not_exist_is_told(staff: Client) -> None:
    for key in ("987654", "abc", "9" * 30):
        address = page_of(make_request()).rsplit("/", 3)[0] + f"/{key}/change/"
        answer = staff.get(address, follow=True)
        assert answer.status_code == 200
        assert "exist" in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"sends": 2, "answers": "307,200", "http_status": 200}, "2 times: 307, 200"),
        ({"sends": 2, "answers": "401,-", "code": "timeout"}, "2 times: 401, no answer"),
        ({"sends": 1, "answers": "307", "code": "connect_failed"}, "1 time: 307"),
        ({"sends": 1, "answers": "200", "http_status": 200}, None),
        ({"sends": 0, "answers": "", "code": "connect_failed"}, None),
    ],
)
def test_every_send_of_an_attempt_is_told_where_there_is_more_than_its_answer(
    staff: Client, fields: dict[str, object], told: str | None
) -> None:
    call_request = make_request(status=Status.UNCERTAIN, attempts_made=1)
    make_attempt(call_request, 1, **fields)
    html = staff.get(page_of(call_request), headers={"accept-language": "en"}).text
    found = re.search(r"\d+ times?: [\w, ]+", html)
    assert (found[0] if found else None) == told
