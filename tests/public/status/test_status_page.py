"""The page of a request says honestly what became of it, and shows no full number."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.dispatch import call_switch
from callbacks.models import CallControl, CircuitState, Reason, Status
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.django_db

NUMBER = "+33612345678"
SHOWN = "+33\u00a06\u00a0••\u00a0••\u00a0••\u00a078"


@pytest.fixture(autouse=True)
def call_control_is_there() -> None:
    CallControl.objects.get_or_create(pk=1)


def page_of(call_request: Any) -> str:
    response = Client().get(call_request.get_absolute_url())
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def state_of(call_request: Any) -> Any:
    response = Client().get(f"{call_request.get_absolute_url()}state/")
    assert response["Content-Type"] == "application/json"
    return json.loads(response.content)


def make(**fields: Any) -> Any:
    return make_request(**{"number": NUMBER, "language": "en"} | fields)


EVERY_STATE = [
    (Status.QUEUED, "", "We're about to call you", False),
    (Status.CALLING, "", "We're calling you", False),
    (Status.CALLED, "", "Your phone should ring within seconds", True),
    (Status.CALLED, Reason.BY_STAFF, "You have been called", True),
    (Status.UNCERTAIN, Reason.NO_ANSWER, "We don't know whether your phone rang", True),
    (Status.UNCERTAIN, Reason.WORKER_DIED, "We don't know whether your phone rang", True),
    (Status.UNCERTAIN, Reason.RESTORED, "We don't know whether your phone rang", True),
    (Status.FAILED, Reason.REFUSED, "We couldn't call you", True),
    (Status.FAILED, Reason.TOO_LATE, "We couldn't call you in time", True),
    (Status.CANCELLED, Reason.BY_VISITOR, "Your request is cancelled", True),
    (Status.CANCELLED, Reason.BY_STAFF, "Your request is closed", True),
    (Status.CANCELLED, Reason.BLOCKED, "Your request is closed", True),
]


@pytest.mark.parametrize(("status", "reason", "title", "final"), EVERY_STATE)
def test_every_state_is_told(status: str, reason: str, title: str, final: bool) -> None:
    call_request = make(status=status, reason=reason)
    page, state = page_of(call_request), state_of(call_request)
    assert f"<title>{title}</title>" in page
    assert f">{title}</h1>" in page
    assert (state["status"], state["title"], state["final"]) == (status, title, final)
    assert state["text"] in page
    # A call that was just placed can soon be asked for again by one click.
    assert state["settled"] is (final and (status, reason) != (Status.CALLED, ""))
    assert ("http-equiv" in page) == ("status.js" in page) == (not state["settled"])
    for secret in (NUMBER, "612345678", "6 12 34", call_request.email, call_request.nonce):
        assert secret not in page + json.dumps(state)


def test_no_state_is_left_out() -> None:
    assert {status for status, *_rest in EVERY_STATE} == set(Status)


def test_the_number_is_shown_masked() -> None:
    assert f"calling {SHOWN} now." in page_of(make(status=Status.CALLING))


def test_of_erased_details_nothing_is_shown() -> None:
    call_request = make(status=Status.CANCELLED, reason=Reason.ERASED)
    erasure.erase(None, number=NUMBER)
    state = state_of(call_request)
    assert state["title"] == "Your details have been deleted"
    assert state["final"]
    assert "•" not in page_of(call_request)


def test_a_call_of_long_ago_does_not_ring_within_seconds() -> None:
    call_request = make(status=Status.CALLED, status_at=clock.now() - timedelta(minutes=2))
    assert state_of(call_request)["title"] == "We called you"


def test_times_are_those_of_the_sites_clock() -> None:
    """Europe/Paris: an hour ahead of UTC in winter."""
    now = clock.now().replace(year=2027, month=1, day=15, hour=9, minute=0, second=0)
    with clock.set_to(now):
        call_request = make(patience_until=now + timedelta(minutes=15))
        assert "usually within seconds (10:15 at the latest)" in state_of(call_request)["text"]
        tomorrow = make(patience_until=now + timedelta(days=1))
        assert "(10:00 on January 16 at the latest)" in state_of(tomorrow)["text"]


def test_in_french_the_latest_time_is_not_the_expected_one() -> None:
    now = clock.now().replace(year=2027, month=1, day=15, hour=9, minute=0, second=0)
    with clock.set_to(now):
        soon, tomorrow = (
            state_of(make(language="fr", patience_until=now + timedelta(minutes=minutes)))["text"]
            for minutes in (15, 24 * 60)
        )
    assert "en général en quelques secondes (à 10h15 au plus tard)." in soon
    assert "(à 10h00 le 16 janvier au plus tard)." in tomorrow


def test_while_calls_are_paused_the_visitor_is_told() -> None:
    call_request = make()
    call_switch.stop("Anne")
    state = state_of(call_request)
    assert state["title"] == "Calls are paused"
    assert "We'll keep your request until" in state["text"]
    assert state["refresh_seconds"] == 5
    call_switch.resume("Anne")
    assert state_of(call_request)["title"] == "We're about to call you"


@pytest.mark.parametrize(
    "shut",
    [
        {"quiet_until": timedelta(minutes=4)},
        {"circuit": CircuitState.OPEN, "probe_at": timedelta(minutes=4)},
    ],
    ids=["quiet", "open circuit"],
)
@pytest.mark.parametrize(("patience", "comes_in_time"), [(4, False), (5, True)])
def test_while_calls_are_paused_nothing_is_promised_that_cannot_be(
    shut: dict[str, Any], patience: int, comes_in_time: bool
) -> None:
    with clock.set_to(clock.now()):
        now = clock.now()
        row = {name: now + v if isinstance(v, timedelta) else v for name, v in shut.items()}
        CallControl.objects.update(**row)
        state = state_of(make(patience_until=now + timedelta(minutes=patience), put_off_count=1))
    assert state["title"] == "Calls are paused"
    assert ("We'll keep your request until" in state["text"]) is comes_in_time
    assert ("we can't call" in state["text"]) is not comes_in_time


def test_a_call_that_is_being_tried_may_come_in_time() -> None:
    now = clock.now()
    CallControl.objects.update(circuit=CircuitState.HALF_OPEN, probe_at=now + timedelta(minutes=14))
    assert "We'll keep your request until" in state_of(make())["text"]


def test_a_call_that_is_tried_again_is_told() -> None:
    now = clock.now()
    again_at = now + timedelta(minutes=1)
    call_request = make(put_off_count=1, backoff_since=now, backoff_until=again_at)
    assert state_of(call_request)["title"] == "We haven't been able to call you yet"


def test_a_planned_call_is_told_with_its_time() -> None:
    now = clock.now().replace(year=2027, month=1, day=15, hour=9, minute=0, second=0)
    with clock.set_to(now):
        call_request = make(due_at=now + timedelta(days=3, minutes=30))
        call_switch.stop("Anne")
        state = state_of(call_request)
    assert state["title"] == "Your call is scheduled"
    assert state["text"] == f"We'll call {SHOWN} at 10:30 on January 18."


def test_a_long_wait_is_told() -> None:
    widget = make_widget(calls_per_minute=1)
    requests = [
        make_request(widget=widget, queue_position=turn, language="en") for turn in range(4)
    ]
    state = state_of(requests[-1])
    assert state["title"] == "You're in the queue"
    assert re.search(r"in about [34] minutes", state["text"])
    assert state_of(requests[0])["title"] == "We're about to call you"


def test_only_a_waiting_request_can_be_changed() -> None:
    for status, reason, _title, _final in EVERY_STATE:
        call_request = make(status=status, reason=reason)
        offered = f"{call_request.get_absolute_url()}cancel/" in page_of(call_request)
        assert offered == (status == Status.QUEUED)


def test_another_call_can_be_asked_for_where_the_form_still_is() -> None:
    call_request = make(status=Status.FAILED, reason=Reason.TOO_LATE)
    assert f'href="{call_request.widget.get_absolute_url()}?lang=en"' in page_of(call_request)
    call_request.widget.is_active = False
    call_request.widget.save()
    assert call_request.widget.get_absolute_url() + "?" not in page_of(call_request)


def test_without_a_script_the_page_renews_itself() -> None:
    call_request = make()
    page = page_of(call_request)
    noscript = page[page.index("<noscript>") : page.index("</noscript>")]
    assert f'content="5; url={call_request.get_absolute_url()}"' in noscript
    assert page.index("</noscript>") < page.index("</head>")


def test_news_are_announced() -> None:
    assert re.search(r'<div class="news" role="status"[^>]*>\s*<h1 id="title">', page_of(make()))


@pytest.mark.parametrize("action", ["", "state/", "number/", "cancel/"])
def test_an_unknown_token_is_no_page(action: str) -> None:
    assert Client().get(f"/r/{'x' * 22}/{action}").status_code == 404


def test_nothing_is_left_of_its_address_anywhere_else() -> None:
    call_request = make()
    for path in (call_request.get_absolute_url(), f"{call_request.get_absolute_url()}state/"):
        response = Client().get(path)
        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "same-origin"
    assert Client().get(call_request.get_absolute_url())["X-Robots-Tag"] == "noindex"


def test_a_question_costs_few_queries_and_no_more_with_a_longer_queue(
    django_assert_num_queries: Any,
) -> None:
    asks_the_clock = connection.vendor == "postgresql"
    for status, queries in ((Status.CALLING, 2), (Status.CALLED, 3 + 2 * asks_the_clock)):
        call_request = make(status=status)
        with django_assert_num_queries(queries):
            state_of(call_request)
    widget = make_widget()
    for turn in range(30):
        call_request = make(widget=widget, queue_position=turn)
    # The page also asks whether this is the view of whoever sent the form, and for the widget's
    # texts, which stand beside the button of that name.
    for ask, queries in ((state_of, 3), (page_of, 6)):
        with django_assert_num_queries(queries + asks_the_clock):
            ask(call_request)
