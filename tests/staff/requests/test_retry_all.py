"""The button that retries what has failed, on the list of what needs attention."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from callbacks.core import clock
from callbacks.models import Status
from tests.support.factories import make_request
from tests.support.staff.pages import LIST

pytestmark = pytest.mark.django_db


@pytest.fixture
def a_list(staff: Client) -> str:
    """Four requests; the list of what needs attention shows three of them."""
    two_days_ago = clock.now() - timedelta(days=2)
    make_request(status=Status.FAILED, status_at=two_days_ago)
    make_request(status=Status.FAILED)
    make_request(status=Status.FAILED, widget=make_request(status=Status.UNCERTAIN).widget)
    return f"{LIST}?todo=person"


def count_of(staff: Client, address: str) -> str:
    """Return the statement by which a list counts what may be retried."""
    with CaptureQueriesContext(connection) as sent:
        staff.get(address)
    [count] = [query["sql"] for query in sent if "LIMIT 501" in query["sql"]]
    return str(count)


def test_it_takes_what_failed_lately_and_nothing_uncertain(staff: Client, a_list: str) -> None:
    context = staff.get(a_list).context
    assert len(context["cl"].result_list) == 3
    assert context["retry_all"].label == "Retry all 2"
    rows = staff.get(context["retry_all"].address).context["rows"]
    assert [row.status for row, *_ in rows] == [Status.FAILED] * 2


@pytest.mark.skipif(connection.vendor != "sqlite", reason="how SQLite plans a query")
def test_to_count_them_reads_nothing_that_failed_long_ago(staff: Client, a_list: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {count_of(staff, a_list)}")
        plan = [row[3] for row in cursor]
    assert any("(status=? AND status_at>?)" in step for step in plan), plan


@pytest.mark.postgresql
def test_who_withdrew_is_found_without_reading_all_proofs(staff: Client) -> None:
    count = count_of(staff, f"{LIST}?status__exact=failed")
    with connection.cursor() as cursor:
        # So that few rows are read as many would be.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_nestloop = off")
        cursor.execute(f"EXPLAIN {count}")
        plan = "\n".join(line for (line,) in cursor)
    assert "using proof_withdrawn" in plan, plan
