"""Calls that are booked for later cost nothing until their time comes: the database says so."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from callbacks.core import clock
from callbacks.dispatch import claim
from callbacks.intake import accept
from callbacks.models import CallRequest, Status
from callbacks.scheduling.slots import spelled
from callbacks.worker import housekeeping
from tests.support.factories import make_request, make_submission, make_widget
from tests.support.hours.december import TOWN_HALL, at, widget_with
from tests.support.kept_plans import analyze, kept_plan

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROWS = 3000


@pytest.fixture
def ahead(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of bookings, none of them due, as the planner of the database sees them."""
    # EXPLAIN shows no plan inside a function. The tests of kept plans read those. A new connection
    # would learn the names of the functions again.
    connection.ensure_connection()
    monkeypatch.setattr(connections["default"], "functions", frozenset(), raising=False)
    widget = make_widget()
    start = NOW + timedelta(days=1)
    first = make_request(
        widget=widget,
        due_at=start,
        is_scheduled=True,
        queue_position=None,
        slot_start=start,
        slot_end=start + timedelta(minutes=30),
        patience_until=start + timedelta(minutes=30),
    )
    columns = {
        field.attname: getattr(first, field.attname)
        for field in CallRequest._meta.concrete_fields
        if field.name not in ("id", "token", "public_id")
    }
    CallRequest.objects.bulk_create(
        CallRequest(**columns | {"nonce": f"booked-{number}"}) for number in range(ROWS)
    )
    analyze()


def plan_of(sql: str) -> str:
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table of a few rows is read whole though an index is there: this asks for the index.
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {sql}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.long
@pytest.mark.usefixtures("ahead")
def test_looking_for_work_reads_no_booking_that_is_not_due() -> None:
    with clock.set_to(NOW), CaptureQueriesContext(connection) as captured:
        assert not claim.ask().is_due
    plan = plan_of(captured.captured_queries[-1]["sql"])
    assert "queue_patience" not in plan
    assert "SCAN callbacks_callrequest" not in plan
    assert "Seq Scan on callbacks_callrequest" not in plan


@pytest.mark.long
@pytest.mark.usefixtures("ahead")
def test_a_round_of_housekeeping_reads_no_booking_that_is_not_due() -> None:
    with clock.set_to(NOW), CaptureQueriesContext(connection) as captured:
        assert not housekeeping.ask(NOW).ahead
    plan = plan_of(captured.captured_queries[-1]["sql"])
    assert "queue_now" in plan
    assert "SCAN callbacks_callrequest" not in plan


@pytest.mark.django_db
def test_a_form_for_a_time_slot_asks_one_thing_more_than_a_form_for_now() -> None:
    """It asks for the open period. Its places are counted in the message that writes it."""
    counts = []
    plain, booked = make_widget(), widget_with(**TOWN_HALL, slot_capacity=2)
    slot = spelled(at(2, 9))
    for number, (widget, when) in enumerate(
        [(plain, ""), (booked, slot), (plain, ""), (booked, slot)]
    ):
        form = make_submission(widget, nonce=f"n{number}", number=f"061234567{number}", when=when)
        with clock.set_to(at(1, 10)), CaptureQueriesContext(connection) as captured:
            accept.accept(form)
        counts.append(len(captured))
    assert counts[3] == counts[2] + 1
    assert CallRequest.objects.filter(status=Status.QUEUED).count() == 4


@pytest.mark.long
@pytest.mark.postgresql
@pytest.mark.usefixtures("ahead")
def test_the_plans_that_are_kept_read_no_booking_that_is_not_due():
    for name in ("ask", "next_due"):
        plan = "\n".join(kept_plan(claim.SQL[name]))
        assert "queue_patience" not in plan
        assert "Seq Scan on callbacks_callrequest" not in plan
