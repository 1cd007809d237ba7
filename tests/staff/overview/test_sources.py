"""Requests by campaign and page, on the overview: counted, masked, and never more than are read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client, override_settings
from django.urls import reverse

from callbacks.core import clock, redaction
from callbacks.models import CallRequest, Status
from callbacks.staff.common import visits
from callbacks.staff.overview import sources
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import LIST
from tests.support.topics import offering, request_about

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")
NOW = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)
SPRING = {"utm_source": "news", "utm_medium": "email", "utm_campaign": "spring"}


def overview(staff: Client, **query: Any) -> Any:
    with clock.set_to(NOW):
        return staff.get(INDEX, query)


def lines(answer: Any, name: str) -> list[tuple[str, str, str]]:
    return [(line["label"], line["count"], line["called"]) for line in answer.context[name]]


def test_requests_count_by_their_campaign_and_their_page(staff: Client) -> None:
    boats = "https://www.example.fr/boats"
    make_request(created_at=NOW, campaign=SPRING, page_url=f"{boats}?utm_source=news")
    make_request(created_at=NOW, campaign=SPRING, page_url=boats, status=Status.CALLED)
    make_request(created_at=NOW, campaign={"gclid": "A1", "fbclid": "B"}, page_url=f"{boats}/2")
    make_request(created_at=NOW, campaign={"gclid": "C2", "fbclid": "D"})
    make_request(created_at=NOW, campaign={"utm_campaign": "spring"})
    make_request(created_at=NOW - timedelta(days=31), campaign=SPRING, page_url=boats)
    answer = overview(staff)
    assert lines(answer, "by_campaign") == [
        ("fbclid / gclid", "2", "0"),
        ("news / email / spring", "2", "1"),
        ("spring", "1", "0"),
    ]
    assert lines(answer, "by_page") == [
        ("Page not known", "2", "0"),
        ("www.example.fr/boats", "2", "1"),
        ("www.example.fr/boats/2", "1", "0"),
    ]
    assert "Over the last 30 days." in answer.text


def test_one_widget_alone_has_its_own_campaigns_and_pages(staff: Client) -> None:
    one, other = make_widget(), make_widget()
    make_request(widget=one, created_at=NOW, campaign=SPRING)
    make_request(widget=other, created_at=NOW, page_url="https://other.example/")
    answer = overview(staff, widget=one.pk)
    assert lines(answer, "by_campaign") == [("news / email / spring", "1", "0")]
    assert lines(answer, "by_page") == [("Page not known", "1", "0")]


def test_without_requests_or_campaigns_a_sentence_says_so(staff: Client) -> None:
    assert "No request in the last 30 days." in overview(staff).text
    make_request(created_at=NOW, page_url="https://www.example.fr/")
    text = overview(staff).text
    assert "No request came from a campaign in this period." in text
    assert "No request in the last 30 days." not in text


@pytest.mark.parametrize(
    ("email", "personal"),
    [
        ("jo@example.fr", "jo@example.fr"),
        ("jo@example.fr", "Jo%2540Example.fr"),
        ("jo@example.fr", "06%2012%2034%2056%2078"),
        ("jo@example.fr", "612345678"),
        ("jo@localhost", "JO@localhost"),
        # What a system sent in place of an email.
        ("crm-42", "CRM-42"),
        ("crm-42", "crm%252D42"),
    ],
)
def test_what_names_the_visitor_is_hidden(email: str, personal: str, staff: Client) -> None:
    make_request(
        created_at=NOW,
        number="+33612345678",
        email=email,
        page_url=f"https://www.example.fr/of/{personal}",
        campaign={"utm_source": personal},
    )
    answer = overview(staff)
    assert personal not in answer.text
    assert lines(answer, "by_campaign") == [(redaction.HIDDEN, "1", "0")]
    ((page, _count, _called),) = lines(answer, "by_page")
    assert page.endswith(redaction.HIDDEN)


def test_pages_that_differ_in_what_is_hidden_count_as_one(staff: Client) -> None:
    for name in ("jo", "al"):
        page = f"https://www.example.fr/of/{name}@example.fr"
        make_request(created_at=NOW, page_url=page)
    assert [count for _label, count, _called in lines(overview(staff), "by_page")] == ["2"]


def test_nothing_is_shown_of_a_request_that_no_key_decrypts(staff: Client) -> None:
    key, other = (Fernet.generate_key().decode() for _ in range(2))
    with override_settings(ENCRYPTION_KEYS=[key]):
        make_request(created_at=NOW, email="crm-42", page_url="https://www.example.fr/crm-42")
    with override_settings(ENCRYPTION_KEYS=[other]):
        assert lines(overview(staff), "by_page") == [(redaction.HIDDEN, "1", "0")]


def test_erased_requests_are_left_out(staff: Client) -> None:
    make_request(created_at=NOW, erased_at=NOW, number="", email="")
    assert lines(overview(staff), "by_page") == []


def test_of_more_requests_the_newest_are_read_and_the_page_says_since_when(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "NEWEST", 2)
    for days in (0, 1, 2):
        page = f"https://www.example.fr/{days}"
        make_request(created_at=NOW - timedelta(days=days), page_url=page)
    answer = overview(staff)
    assert [label for label, _c, _d in lines(answer, "by_page")] == [
        "www.example.fr/0",
        "www.example.fr/1",
    ]
    assert "The newest requests, since 2 March 2026." in answer.text


def test_only_the_most_frequent_are_listed(staff: Client) -> None:
    for number in range(sources.MOST_LINES + 1):
        for _ in range(2 if number == sources.MOST_LINES else 1):
            make_request(created_at=NOW, page_url=f"https://www.example.fr/{number:02}")
    found = lines(overview(staff), "by_page")
    assert len(found) == sources.MOST_LINES
    assert found[:2] == [("www.example.fr/10", "2", "0"), ("www.example.fr/00", "1", "0")]


def followed(staff: Client, answer: Any, name: str) -> dict[str, set[CallRequest]]:
    """Return the requests to which each line of a table leads, by its label."""
    with clock.set_to(NOW):
        return {
            line["label"]: set(staff.get(line["url"]).context["cl"].result_list)
            for line in answer.context[name]
            if line["url"]
        }


def test_each_line_leads_to_its_requests(staff: Client) -> None:
    boats = "https://www.example.fr/boats"
    mail = make_request(created_at=NOW, campaign=SPRING, page_url=f"{boats}?utm_source=news")
    clicked = make_request(created_at=NOW, campaign={"gclid": "A1"}, page_url=f"{boats}/2")
    plain = make_request(created_at=NOW, page_url=boats.replace("https", "http"))
    unknown = make_request(created_at=NOW)
    make_request(created_at=NOW - timedelta(days=31), campaign=SPRING, page_url=boats)
    make_request(created_at=NOW, erased_at=NOW)
    answer = overview(staff)
    assert followed(staff, answer, "by_campaign") == {
        "news / email / spring": {mail},
        "gclid": {clicked},
        "Without a campaign": {plain, unknown},
    }
    assert followed(staff, answer, "by_page") == {
        "www.example.fr/boats": {mail, plain},
        "www.example.fr/boats/2": {clicked},
        "Page not known": {unknown},
    }


def test_a_line_of_one_widget_leads_to_its_requests(staff: Client) -> None:
    one, other = make_widget(), make_widget()
    mine = make_request(widget=one, created_at=NOW, campaign=SPRING)
    make_request(widget=other, created_at=NOW, campaign=SPRING)
    answer = overview(staff, widget=one.pk)
    assert followed(staff, answer, "by_campaign") == {"news / email / spring": {mine}}


def test_a_line_with_hidden_personal_data_leads_nowhere(staff: Client) -> None:
    page = "https://www.example.fr/jo@example.fr"
    make_request(created_at=NOW, email="jo@example.fr", page_url=page)
    answer = overview(staff)
    [line] = answer.context["by_page"]
    assert (line["url"], "jo@" in line["label"]) == ("", False)
    found = staff.get(LIST, {"from_page": line["label"]})
    assert not found.context["cl"].result_list


def test_topics_are_counted_if_there_are_any_and_lead_to_their_requests(staff: Client) -> None:
    make_request(created_at=NOW)
    assert "Requests by topic" not in overview(staff).text
    about = request_about(offering(), created_at=NOW, status=Status.CALLED)
    answer = overview(staff)
    assert lines(answer, "by_topic") == [("Sales", "1", "1")]
    assert followed(staff, answer, "by_topic") == {"Sales": {about}}
    assert "Requests by topic" in answer.text


def test_a_list_of_more_requests_takes_no_more_queries(
    staff: Client, django_assert_max_num_queries: Any
) -> None:
    staff.get(LIST)  # what is cached is read once
    counts = []
    for _ in range(2):
        for _ in range(5):
            make_request(created_at=NOW, campaign=SPRING)
        with clock.set_to(NOW), django_assert_max_num_queries(99) as queries:
            staff.get(LIST, {"from_campaign": "news / email / spring"})
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", ["from_campaign", "from_page"])
@pytest.mark.parametrize("text", ["", " ", "<b>", "a" * 3000, "%ff", "x / y"])
@pytest.mark.parametrize("widget", ["", "1", "x", "9" * 30])
def test_any_text_in_the_address_is_taken(staff: Client, name: str, text: str, widget: str) -> None:
    page = staff.get(f"{LIST}?{name}={text}&widget__id__exact={widget}")
    assert page.status_code in {200, 302}
    assert "<b>" not in page.text
