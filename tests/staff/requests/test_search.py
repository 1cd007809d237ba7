"""Finding requests: by number in any spelling, email in any case, #12 or public id, by index."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.data_protection import erasure
from callbacks.models import CallRequest
from tests.staff.staff import LIST, messages_on
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.django_db

SEARCH = reverse("admin:callbacks_callrequest_search")


@pytest.fixture
def wanted() -> CallRequest:
    make_request(number="+33612345679", email="somebody.else@example.fr")
    return make_request(number="+33612345678", email="Jean.Dupont@example.fr")


def found(staff: Client, typed: str) -> tuple[str, list[CallRequest]]:
    """The address that the search leads to, and what is listed there."""
    answer = staff.post(SEARCH, {"q": typed})
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
    assert found(staff, f"#{wanted.pk}")[1] == [wanted]
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
def test_what_is_not_there_is_told(staff: Client, wanted: CallRequest, typed: str) -> None:
    answer = staff.post(SEARCH, {"q": typed}, follow=True)
    assert answer.status_code == 200
    if typed.strip("\0"):
        assert messages_on(answer.content.decode()) == ["No request was found for what you typed."]


def test_an_erased_request_is_not_found_by_what_it_was(staff: Client, wanted: CallRequest) -> None:
    address, _ = found(staff, "0612345678")
    erasure.erase(None, number=wanted.number)
    make_request(number="+33612345670")
    assert list(staff.get(address).context["cl"].result_list) == []


def test_filters_stay(staff: Client, wanted: CallRequest) -> None:
    answer = staff.post(SEARCH, {"q": "0612345678", "status__exact": "failed"})
    assert answer["Location"].startswith(f"{LIST}?status__exact=failed&q=number")


def test_nothing_is_searched_by_pattern(staff: Client, wanted: CallRequest) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for typed in (
            "0612345678",
            "jean.dupont@example.fr",
            f"#{wanted.pk}",
            wanted.token,
            "Lyon",
        ):
            staff.get(LIST, {"q": typed})
            found(staff, typed)
    assert queries.captured_queries
    assert not [query for query in queries.captured_queries if "LIKE" in query["sql"].upper()]
