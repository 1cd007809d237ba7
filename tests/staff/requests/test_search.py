"""Finding requests: by number in any spelling, email in any case, #12 or public id, by index."""

from datetime import datetime
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from callbacks.contact import number_display
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.models import CallRequest
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import LIST, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def wanted() -> CallRequest:
    make_request(number="+33612345679", email="somebody.else@example.fr")
    return make_request(number="+33612345678", email="Jean.Dupont@example.fr")


def found(staff: Client, typed: str) -> tuple[str, list[CallRequest]]:
    """The address that the search leads to, and what is listed there."""
    answer = staff.post(LIST, {"q": typed})
    assert answer.status_code == 302
    return answer["Location"], list(staff.get(answer["Location"]).context["cl"].result_list)


@pytest.mark.parametrize(
    "typed",
    [
        "06 12 34 56 78",
        "06.12.34.56.78",
        "0612345678",
        "+33 6 12 34 56 78",
        "0033612345678",
        "33612345678",
        "+33 (0)6 12 34 56 78 (mobile)",
        "Jean.Dupont@example.fr",
        "jean.dupont@EXAMPLE.fr",
        "  JEAN.DUPONT@example.fr ",
    ],
)
def test_found_however_it_is_typed_and_never_in_an_address(
    staff: Client, wanted: CallRequest, typed: str
) -> None:
    address, rows = found(staff, typed)
    assert rows == [wanted]
    assert "12345678" not in address
    assert "upont" not in address


def test_the_box_shows_what_was_looked_for(staff: Client, wanted: CallRequest) -> None:
    address, _ = found(staff, "0612345678")
    assert 'value="+33 6 •• •• •• 78"' in staff.get(address).content.decode()


def test_found_by_its_own_number_and_public_id(staff: Client, wanted: CallRequest) -> None:
    assert found(staff, wanted.public_id)[1] == [wanted]
    assert found(staff, wanted.token)[1] == [wanted]
    assert found(staff, f"https://callback.example/r/{wanted.token}/")[1] == [wanted]


def test_all_requests_of_one_number_are_found(staff: Client, wanted: CallRequest) -> None:
    again = make_request(number=wanted.number)
    assert set(found(staff, "0612345678")[1]) == {wanted, again}


def test_a_national_number_of_any_widget_is_understood(staff: Client) -> None:
    widget = make_widget(allowed_regions=["BE"])
    belgian = make_request(widget=widget, number="+32470123456")
    assert found(staff, "0470 12 34 56")[1] == [belgian]


@pytest.mark.parametrize(
    "typed", ["", "0", "06 99 99 99 99", "x@y.z", "'; DROP TABLE--", "\0", "#"]
)
def test_without_a_hit_the_list_is_empty_and_the_text_stays_in_the_box(
    staff: Client, wanted: CallRequest, typed: str
) -> None:
    answer = staff.post(f"{LIST}?status__exact=queued", {"q": typed}, follow=True)
    assert answer.status_code == 200
    if not typed.strip("\0"):
        assert answer.context["cl"].result_count == 2
        return
    assert list(answer.context["cl"].result_list) == []
    assert answer.request["QUERY_STRING"] == "status__exact=queued"
    html = unescape(answer.content.decode())
    assert "No request was found for what you typed." in html
    assert f' value="{typed}" maxlength="300"' in html
    for way in (
        "the whole phone number",
        "the last two digits",
        "the whole email",
        "the public ID",
    ):
        assert way in html


def on(day: str, number: str) -> CallRequest:
    return make_request(number=number, created_at=datetime.fromisoformat(f"{day}T00:00:00+01:00"))


def test_two_last_digits_find_the_requests_of_a_day(staff: Client, agent: User) -> None:
    with clock.set_to(datetime.fromisoformat("2026-03-02T12:00:00+01:00")):
        today = on("2026-03-02", "+33612345662")
        before = on("2026-03-01", "+33787654362")
        on("2026-03-01", "+33612346261")
        for client in (staff, signed_in(agent)):
            address, rows = found(client, "62")
            assert rows == [today]
            assert "62" not in address.removeprefix(f"{LIST}?q=requests%3A{today.pk}")
            assert found(client, "62 2026-03-01")[1] == [before]
            assert found(client, "62 03/01/2026")[1] == [before]
            one_day = f"{LIST}?created_at_from=2026-03-01&created_at_to=2026-03-01"
            answer = client.post(one_day, {"q": "62"}, follow=True)
            assert list(answer.context["cl"].result_list) == [before]
            # What the box then shows finds the same again.
            assert answer.context["search_text"] == "62 03/01/2026"
            nothing = client.post(LIST, {"q": "63 2026-03-01"}).content.decode()
            assert "No request of 1 March 2026 has a number that ends in 63." in nothing


def test_hidden_digits_are_not_found_by_trying(staff: Client, agent: User) -> None:
    wanted = on(f"{timezone.localdate()}", "+33612345678")
    # So short that the last two digits are hidden as well.
    short = on(f"{timezone.localdate()}", "+29021299")
    masked = signed_in(agent)
    assert found(masked, "78")[1] == [wanted]
    assert found(staff, "5678")[1] == [wanted]
    for typed in ("678", "5678", "45678", "99"):
        answer = masked.post(LIST, {"q": typed})
        assert answer.status_code == 200
        assert list(answer.context["cl"].result_list) == []
    assert "two digits only" in masked.post(LIST, {"q": "5678"}).content.decode()
    assert "•99" not in number_display.masked(short.number)
    assert found(staff, "99")[1] == [short]


def test_last_digits_of_an_erased_or_unreadable_number_find_nothing(
    staff: Client, wanted: CallRequest
) -> None:
    address, rows = found(staff, "78")
    assert rows == [wanted]
    erasure.erase(None, number=wanted.number)
    assert list(staff.get(address).context["cl"].result_list) == []
    assert list(staff.post(LIST, {"q": "78"}).context["cl"].result_list) == []


def test_an_erased_request_is_not_found_by_what_it_was(staff: Client, wanted: CallRequest) -> None:
    address, _ = found(staff, "0612345678")
    erasure.erase(None, number=wanted.number)
    make_request(number="+33612345670")
    assert list(staff.get(address).context["cl"].result_list) == []


def test_filters_stay(staff: Client, wanted: CallRequest) -> None:
    answer = staff.post(f"{LIST}?status__exact=failed&p=2", {"q": "0612345678"})
    assert answer["Location"].startswith(f"{LIST}?status__exact=failed&q=number")


def test_nothing_is_searched_by_pattern(staff: Client, wanted: CallRequest) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for typed in (
            "0612345678",
            "jean.dupont@example.fr",
            wanted.public_id,
            wanted.token,
            "78",
            "Lyon",
        ):
            staff.get(LIST, {"q": typed})
            staff.post(LIST, {"q": typed}, follow=True)
    assert queries.captured_queries
    assert not [query for query in queries.captured_queries if "LIKE" in query["sql"].upper()]
