"""Staff read which topic a visitor chose, also once it is renamed or gone, and filter by it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from callbacks.data_protection import subject_access
from callbacks.models import CallRequest, Topic, Widget
from tests.support.factories import make_request
from tests.support.staff.exports import export_csv
from tests.support.staff.pages import LIST, page_of
from tests.support.topics import offering, request_about, target_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Widget:
    """A widget with topics."""
    return offering(name="Shop")


def listed(staff: Client, **query: str) -> set[CallRequest]:
    return set(staff.get(LIST, query).context["cl"].result_list)


@pytest.mark.parametrize("is_gone", [False, True])
def test_the_list_the_page_and_the_export_name_the_topic(
    staff: Client, shop: Widget, is_gone: bool
) -> None:
    call_request = request_about(shop)
    Topic.objects.update(labels={"en": "Renamed"})
    if is_gone:
        Topic.objects.all().delete()
    assert '<span class="staff-faint">Sales</span>' in staff.get(LIST).text
    page = staff.get(page_of(call_request)).text
    assert "<dt>Topic</dt><dd>Sales " in page
    story = page[page.index('class="staff-timeline"') :]
    assert "Sales" in story
    assert "Shop" in story
    [row] = export_csv(staff)
    assert (row["Topic"], row["Widget"]) == ("Sales", target_name(call_request))


def target_name(call_request: CallRequest) -> str:
    return call_request.widget.name


def test_a_request_without_a_topic_names_none(staff: Client) -> None:
    call_request = make_request()
    assert "<dt>Topic</dt>" not in staff.get(page_of(call_request)).text
    assert export_csv(staff)[0]["Topic"] == ""


def test_the_list_is_filtered_by_topic(staff: Client, shop: Widget) -> None:
    sales, support = request_about(shop), request_about(shop, "support")
    elsewhere = request_about(offering())
    make_request()
    assert listed(staff, topic="sales") == {sales, elsewhere}
    assert listed(staff, topic="support") == {support}
    assert listed(staff, topic="sales", widget__id__exact=str(sales.widget_id)) == {sales}
    for nothing in ("jobs", "<b>", "Sales"):
        page = staff.get(LIST, {"topic": nothing})
        assert (page.status_code, "<b>" in page.text) == (200, False)
        assert not page.context["cl"].result_list
    assert [row["Topic"] for row in export_csv(staff, "topic=support")] == ["Support"]


def test_the_page_leads_to_all_about_a_topic_also_when_it_is_gone(
    staff: Client, shop: Widget
) -> None:
    call_request = request_about(shop)
    Topic.objects.all().delete()
    assert f'href="{LIST}?topic=sales"' in staff.get(page_of(call_request)).text
    page = staff.get(LIST, {"topic": "sales"})
    assert set(page.context["cl"].result_list) == {call_request}


def test_more_topics_need_no_more_queries(staff: Client) -> None:
    staff.get(LIST)  # what is cached is read once
    counts = []
    for _ in range(2):
        for _ in range(3):
            shop = offering()
            request_about(shop)
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_person_is_told_which_topic_they_chose(shop: Widget) -> None:
    request_about(shop, number="+33612345678")
    [told] = subject_access.export(number="+33612345678")["requests"]
    assert (told["topic"], told["topic_label"], told["offered_by"]) == ("sales", "Sales", "Shop")
    assert told["widget"] == target_of(shop, "sales").name


def test_the_widget_that_offered_it_can_be_deleted(shop: Widget) -> None:
    call_request = request_about(shop)
    shop.delete()
    call_request.refresh_from_db()
    assert (call_request.offered_by, call_request.topic_label) == (None, "Sales")
