"""The list of requests: what it shows, its filters, and how little it asks the database."""

from datetime import timedelta

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from callbacks.core import clock
from callbacks.models import CallRequest, Reason, Status
from callbacks.staff.common.paginator import BoundedPaginator
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import LIST

pytestmark = pytest.mark.django_db


def listed(staff: Client, **query: str) -> set[CallRequest]:
    return set(staff.get(LIST, query).context["cl"].result_list)


def queries_of(staff: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert staff.get(LIST).status_code == 200
    return len(queries)


def test_a_row_says_who_when_and_what_became_of_it(staff: Client) -> None:
    asked = clock.now() - timedelta(minutes=10)
    make_request(
        widget=make_widget(name="Boutique Lyon"),
        number="+33612345678",
        email="jean@example.fr",
        status=Status.CALLED,
        created_at=asked,
        status_at=asked + timedelta(seconds=65),
        attempts_made=3,
    )
    make_request(status=Status.FAILED, reason=Reason.TOO_LATE)
    html = staff.get(LIST).content.decode()
    for text in ("+33 6 •• •• •• 78", "j•••@example.fr", "Boutique Lyon", "1 min 05 s"):
        assert text in html
    assert '<span class="staff-badge staff-called">Called</span>' in html
    assert "Maximum wait exceeded" in html


def test_who_still_waits_is_shown_as_waiting(staff: Client) -> None:
    now = clock.now()
    make_request(created_at=now - timedelta(minutes=3))
    make_request(due_at=now + timedelta(hours=2))
    make_request(put_off_count=1, backoff_since=now, backoff_until=now + timedelta(minutes=2))
    html = staff.get(LIST).content.decode()
    assert "3 min 0" in html
    for text in ("so far", "Scheduled", "Next attempt planned"):
        assert text in html


def test_more_rows_need_no_more_queries(staff: Client) -> None:
    make_request()
    queries_of(staff)  # fills what Django keeps, such as content types
    few = queries_of(staff)
    for _ in range(20):
        make_request(status=Status.FAILED)
    assert queries_of(staff) == few


def test_needs_a_person(staff: Client) -> None:
    now = clock.now()
    old = now - timedelta(days=3)
    uncertain = make_request(status=Status.UNCERTAIN, status_at=old, created_at=old)
    failed = make_request(status=Status.FAILED, status_at=now, created_at=old)
    make_request(status=Status.FAILED, status_at=old, created_at=old)
    waiting, calling = make_request(), make_request(status=Status.CALLING)
    make_request(status=Status.CALLED)
    assert listed(staff, todo="person") == {uncertain, failed}
    assert listed(staff, todo="failed") == {failed}
    assert listed(staff, todo="waiting") == {waiting, calling}


def test_filters_by_status_reason_and_widget(staff: Client) -> None:
    one = make_request(status=Status.FAILED, reason=Reason.REFUSED)
    two = make_request(status=Status.FAILED, reason=Reason.TOO_LATE)
    make_request()
    assert listed(staff, status__exact="failed") == {one, two}
    assert listed(staff, reason__exact="too_late") == {two}
    assert listed(staff, widget__id__exact=str(one.widget_id)) == {one}


def test_both_days_of_a_range_are_included_in_the_sites_time_zone(staff: Client) -> None:
    def at(text: str) -> CallRequest:
        return make_request(created_at=clock.datetime.fromisoformat(text))  # type: ignore[attr-defined]

    first = at("2026-03-01T00:00:00+01:00")
    last = at("2026-03-02T23:59:59+01:00")
    at("2026-02-28T23:59:59+01:00")
    at("2026-03-03T00:00:00+01:00")
    range_ = {"created_at_from": "2026-03-01", "created_at_to": "2026-03-02"}
    assert listed(staff, **range_) == {first, last}
    french = Client(headers={"accept-language": "fr"})
    french.cookies = staff.cookies
    assert listed(french, created_at_from="01/03/2026", created_at_to="02/03/2026") == {first, last}


def test_a_long_list_is_not_counted_to_its_end(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedPaginator, "MOST", 60)
    widget = make_widget()
    for _ in range(70):
        make_request(widget=widget)
    with CaptureQueriesContext(connection) as queries:
        html = staff.get(LIST).content.decode()
    counts = [q["sql"] for q in queries.captured_queries if "COUNT(" in q["sql"]]
    assert counts
    assert all("LIMIT 60" in sql for sql in counts)
    assert "The newest 60" in html
    assert len(staff.get(LIST, {"p": "2"}).context["cl"].result_list) == 10
    assert issubclass(BoundedPaginator, Paginator)


def test_only_what_an_index_serves_can_be_sorted_by(staff: Client) -> None:
    oldest = make_request(created_at=clock.now() - timedelta(days=1))
    make_request()
    html = staff.get(LIST).content.decode()
    assert "?o=1" in html
    assert "?o=2" not in html
    assert staff.get(LIST, {"o": "1"}).context["cl"].result_list[0] == oldest


def test_what_needs_a_person_and_what_is_about_a_topic_is_counted_by_an_index(
    staff: Client,
) -> None:
    for status in Status:
        make_request(status=status, reason=Reason.REFUSED)
    for query in (
        {"todo": "person"},
        {"todo": "failed"},
        {"reason__exact": "restored"},
        {"topic": "sales"},
    ):
        with CaptureQueriesContext(connection) as queries:
            staff.get(LIST, query)
        # The rows; where nothing else is set, the tabs; what can be retried.
        limits = ("LIMIT 10000", "LIMIT 501")
        counts = [q["sql"] for q in queries.captured_queries if any(n in q["sql"] for n in limits)]
        assert len(counts) == (4 if "todo" in query else 1)
        for count in counts:
            assert "ORDER BY" not in count
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN QUERY PLAN {count}")
                    plan = [row[3] for row in cursor.fetchall()]
                assert not [step for step in plan if step.startswith("SCAN callbacks_")], plan
