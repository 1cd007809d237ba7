"""The first page: what waits for a person, each number leading to what it counts."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.core import clock
from callbacks.models import Status
from callbacks.staff.overview.first_steps import NEW_UNTIL_REQUESTS
from callbacks.stats import counting
from tests.support.factories import make_request
from tests.support.staff.pages import LIST, make_staff, page_of, signed_in

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")


@pytest.mark.long
def test_each_number_leads_to_what_it_counts(staff: Client) -> None:
    now = clock.now()
    make_request(status=Status.UNCERTAIN)
    for _ in range(2):
        make_request(status=Status.FAILED)
    make_request(status=Status.FAILED, status_at=now - timedelta(days=2))
    oldest = make_request(created_at=now - timedelta(hours=1, minutes=5))
    for _ in range(2):
        make_request()
    uncertain, failed, waiting, longest = staff.get(INDEX).context["to_do"]
    assert [uncertain.value, failed.value, waiting.value] == ["1", "2", "3"]
    assert longest.value == "1 h 05 min"
    for count in (uncertain, failed, waiting):
        assert str(staff.get(count.address).context["cl"].result_count) == count.value
    assert staff.get(longest.address).context["cl"].result_list[0] == oldest


def test_a_call_for_later_is_waited_for_from_its_time_on(staff: Client) -> None:
    now = clock.now()
    longest_ago = now - timedelta(days=2)
    make_request(created_at=longest_ago, due_at=now + timedelta(hours=3))
    calling = reverse("admin:calling")
    assert staff.get(INDEX).context["to_do"][-1].value == "–"
    assert staff.get(calling).context["oldest"] == ""
    assert "so far" not in staff.get(LIST).content.decode()
    make_request(created_at=longest_ago, due_at=now - timedelta(minutes=2), is_scheduled=True)
    called = make_request(
        created_at=longest_ago,
        due_at=now - timedelta(minutes=9),
        is_scheduled=True,
        status=Status.CALLED,
        status_at=now - timedelta(minutes=5),
    )
    assert staff.get(INDEX).context["to_do"][-1].value.startswith("2 min")
    assert staff.get(calling).context["oldest"].startswith("2 min")
    html = staff.get(LIST).content.decode()
    assert ("2 min 0" in html, "4 min 00 s" in html, "2 d 0 h" in html) == (True, True, False)
    assert "4 min 00 s" in staff.get(page_of(called)).content.decode()


def test_what_needs_a_person_stands_before_the_figures(staff: Client) -> None:
    make_request(status=Status.UNCERTAIN)
    html = staff.get(INDEX).content.decode()
    # No worker runs here, which is a warning; then the uncertain one; then the figures.
    order = ["No call worker is running", "staff-edge-uncertain", "Today and the last 30 days"]
    places = [html.index(text) for text in order]
    assert places == sorted(places)


def test_more_requests_need_no_more_queries(staff: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(INDEX).status_code == 200
        return len(captured)

    for _ in range(NEW_UNTIL_REQUESTS):
        make_request()
    counting.rebuild(clock.now() - timedelta(days=1))
    queries()
    few = queries()
    for status in Status:
        for _ in range(5):
            make_request(status=status)
    assert queries() == few


def test_the_first_page_counts_for_everybody_who_may_see_requests(onlooker: User) -> None:
    assert len(signed_in(onlooker).get(INDEX).context["to_do"]) == 4
    acts = make_staff("acts", "change_callrequest")
    assert len(signed_in(acts).get(INDEX).context["to_do"]) == 4
    other = make_staff("other", "view_widget")
    assert signed_in(other).get(INDEX).context["to_do"] == []


def test_an_empty_day(staff: Client) -> None:
    counts = staff.get(INDEX).context["to_do"]
    assert [count.value for count in counts] == ["0", "0", "0", "–"]
    assert counts[-1].hint == "No request is waiting."


@pytest.mark.parametrize("permissions", [(), ("act_on_callrequest",), ("erase_callrequest",)])
def test_the_longest_wait_leads_to_the_oldest_first_for_every_role(
    permissions: tuple[str, ...],
) -> None:
    """Without actions, the list has no column of checkboxes."""
    now = clock.now()
    newest, oldest, middle = (
        make_request(created_at=now - timedelta(minutes=minutes)) for minutes in (1, 9, 5)
    )
    client = signed_in(make_staff("somebody", "view_callrequest", *permissions))
    longest = client.get(INDEX).context["to_do"][-1]
    assert list(client.get(longest.address).context["cl"].result_list) == [oldest, middle, newest]
    # A colleague's link, made where the column stands elsewhere.
    for order, expected in (("0", oldest), ("1", oldest), ("-0", newest), ("-1", newest)):
        assert client.get(f"{LIST}?o={order}").context["cl"].result_list[0] == expected
