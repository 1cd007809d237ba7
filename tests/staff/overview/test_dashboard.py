"""The figures of the first page: right, linked to what is behind them, and cheap."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.core import clock
from callbacks.models import CallRequest, Reason, Status
from callbacks.staff.common import visits
from callbacks.staff.overview.first_steps import NEW_UNTIL_REQUESTS
from callbacks.stats import counting
from tests.support.factories import make_called, make_request, make_widget
from tests.support.staff.pages import make_staff, signed_in

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")
# A Tuesday, 15:30 in Paris.
NOW = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)


def listed(staff: Client, address: str) -> int:
    return int(staff.get(unescape(address)).context["cl"].result_count)


@pytest.mark.long
def test_each_number_leads_to_as_many_requests(staff: Client) -> None:
    widget = make_widget()
    for hours in (1, 2, 30, 24 * 10):
        asked = NOW - timedelta(hours=hours)
        make_called(5, created_at=asked, widget=widget)
        make_request(created_at=asked, status=Status.FAILED, reason=Reason.TOO_LATE, widget=widget)
    make_request(created_at=NOW - timedelta(hours=1), status=Status.UNCERTAIN, reason="no_answer")
    counting.rebuild(NOW - timedelta(days=70))
    with clock.set_to(NOW):
        context = staff.get(INDEX).context
        rows = {row.kind: row.cells for row in context["rows"] if row.kind}
        assert [cell.value for cell in rows["asked"]] == ["5", "9"]
        assert [cell.value for cell in rows["failed"]] == ["2", "4"]
        for cells in rows.values():
            for cell in cells:
                if cell.address:
                    assert listed(staff, cell.address) == int(cell.value)
        assert [one["reason"] for one in context["reasons"]] == ["too_late", "no_answer"]
        for one in context["reasons"]:
            assert listed(staff, one["address"]) == int(one["count"])
        busiest = context["per_widget"][0]
        assert busiest["pk"] == widget.pk
        for cell in busiest["cells"]:
            assert not cell.address or listed(staff, cell.address) == int(cell.value)
        for bar in context["days"]["bars"]:
            if bar["stack"].total:
                assert listed(staff, bar["stack"].address) == bar["stack"].total
        for day in context["demand"]:
            for cell in day["cells"]:
                if cell["count"]:
                    assert listed(staff, cell["address"]) == cell["count"]


def test_days_and_hours_are_the_sites(staff: Client) -> None:
    # 23:30 in UTC on Monday is 00:30 on Tuesday in Paris: today.
    make_request(created_at=NOW.replace(day=2, hour=23), status=Status.CALLED)
    counting.rebuild(NOW - timedelta(days=2))
    with clock.set_to(NOW):
        context = staff.get(INDEX).context
    tuesday = context["demand"][1]
    assert [cell["count"] for cell in tuesday["cells"]] == [1] + [0] * 23
    assert context["days"]["bars"][-1]["stack"].total == 1


def test_the_trend_is_against_the_period_before(staff: Client) -> None:
    for _ in range(3):
        make_request(created_at=NOW - timedelta(hours=2), status=Status.FAILED)
    for _ in range(2):
        make_request(created_at=NOW - timedelta(hours=26), status=Status.FAILED)
    # Yesterday, but later than now: not yet comparable.
    make_request(created_at=NOW - timedelta(hours=20), status=Status.FAILED)
    counting.rebuild(NOW - timedelta(days=3))
    with clock.set_to(NOW):
        rows = {row.kind: row.cells for row in staff.get(INDEX).context["rows"]}
    today = rows["failed"][0]
    assert (today.value, today.before, today.kind) == ("3", "2", "worse")
    assert today.trend == "+50%"
    assert rows["called"][0].trend == ""


def test_one_widget_alone(staff: Client) -> None:
    one, two = make_widget(), make_widget()
    make_request(widget=one, created_at=NOW)
    for _ in range(2):
        make_request(widget=two, created_at=NOW)
    counting.rebuild(NOW)
    with clock.set_to(NOW):
        for query, count in (({"widget": one.pk}, "1"), ({"widget": "x"}, "3"), ({}, "3")):
            context = staff.get(INDEX, query).context
            assert context["rows"][0].cells[0].value == count
        assert f"widget__id__exact={one.pk}" in staff.get(INDEX, {"widget": one.pk}).text


def test_all_numbers_of_the_charts_stand_in_tables(staff: Client) -> None:
    for _ in range(3):
        make_request(created_at=NOW - timedelta(days=3), status=Status.CALLED)
    counting.rebuild(NOW - timedelta(days=4))
    with clock.set_to(NOW):
        html = staff.get(INDEX).text
    svgs = re.findall(r"<svg viewBox.*?</svg>", html, re.S)
    assert svgs
    for svg in svgs:
        assert 'aria-hidden="true"' in svg
        assert len(re.findall("<a ", svg)) == svg.count('tabindex="-1"')
    tables = "".join(re.findall(r"<table.*?</table>", html, re.S))
    assert re.search(r"Sat 28 Feb.</a></th>\s*<td>3</td>", tables)
    assert "style=" not in "".join(svgs) + tables


def test_a_fixed_number_of_requests_at_most_is_read_for_the_figures(staff: Client) -> None:
    for _ in range(NEW_UNTIL_REQUESTS):
        make_request(created_at=NOW)
    counting.rebuild(NOW)

    def queries() -> list[str]:
        with clock.set_to(NOW), CaptureQueriesContext(connection) as captured:
            staff.get(INDEX)
        return [query["sql"] for query in captured]

    queries()
    few = queries()
    for number in range(12):
        make_request(created_at=NOW - timedelta(days=number), status=Status.FAILED)
    counting.rebuild(NOW - timedelta(days=12))
    many = queries()
    assert len(many) == len(few)
    # What is read live asks an index for what waits, is uncertain or failed in the last day,
    # and for what of that can be retried. For campaigns and pages, only the newest are read.
    live = [sql for sql in many if 'FROM "callbacks_callrequest"' in sql]
    assert len(live) == 7
    newest = [sql for sql in live if '"status" = ' not in sql]
    assert [sql.endswith(f"LIMIT {visits.NEWEST}") for sql in newest] == [True]


def test_who_may_not_see_requests_sees_no_figures() -> None:
    make_request(created_at=NOW)
    counting.rebuild(NOW)
    html = signed_in(make_staff("other", "view_widget")).get(INDEX).text
    assert "Last 30 days" not in html
    assert "Needs attention" not in html


def test_before_the_first_count_the_page_says_so(staff: Client) -> None:
    assert "It has not run yet" in staff.get(INDEX).text


@pytest.mark.parametrize("slot", ["2-0", "7-23", "0-1", "8-1", "2-24", "2", "x", "2-1-1", "٢-1"])
def test_a_strange_hour_of_the_week_breaks_nothing(staff: Client, slot: str) -> None:
    address = reverse("admin:callbacks_callrequest_changelist")
    query = {"slot": slot, "created_at_from": "1990-01-01", "created_at_to": "2026-03-03"}
    answer = staff.get(address, query)
    assert answer.status_code in {200, 302}


def test_the_hour_of_the_week_is_named_on_the_list(staff: Client) -> None:
    with clock.set_to(NOW):
        call_request = make_request()
        address = reverse("admin:callbacks_callrequest_changelist")
        query = {"slot": "2-15", "created_at_from": "2026-03-01", "created_at_to": "2026-03-04"}
        answer = staff.get(address, query)
        assert list(answer.context["cl"].result_list) == [call_request]
        assert "Tuesday 15:00\N{EN DASH}16:00" in answer.text
        assert not list(staff.get(address, query | {"slot": "2-16"}).context["cl"].result_list)
    assert CallRequest.objects.count() == 1
