"""What is asked often reads by an index: the database itself says so (EXPLAIN)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.abuse import block_list, limit_usage, limits, refusals
from callbacks.consent import chain as consent_chain
from callbacks.core import clock, crypto, database
from callbacks.data_protection import rows_about
from callbacks.dispatch import circuit_breaker, claim, place_next
from callbacks.dispatch.claim import next_due, read
from callbacks.intake import accept
from callbacks.models import Attempt, CallRequest, LimitHit, Move, OutboxMessage, Status
from callbacks.notifications import outbox
from callbacks.operations import metric_families
from callbacks.scheduling import slots, wait_estimate
from callbacks.staff.requests.export import rows
from callbacks.staff.requests.list_page import search
from callbacks.stats import counting, totals
from callbacks.worker import housekeeping, tasks
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_submission, make_widget
from tests.support.kept_plans import analyze, kept_plan
from tests.support.staff.pages import page_of, signed_in

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROWS = 4000
WAITING = 40
LARGE = {
    "callbacks_callrequest",
    "callbacks_attempt",
    "callbacks_move",
    "callbacks_limithit",
    "callbacks_consentproof",
    "callbacks_auditentry",
    "callbacks_block",
    "callbacks_outboxmessage",
}


LATEST = re.compile(r"callbacks_attempt[^()]*ORDER BY id DESC LIMIT \d+")
# Between the statements of one message.
BETWEEN = re.compile(r"; (?=SELECT |INSERT |UPDATE )")


@pytest.fixture
def history(db, monkeypatch):
    """Thousands of requests that are over and a few that wait, as the planner sees a history."""
    monkeypatch.setattr(tasks, "waiting", lambda: 0)
    # EXPLAIN shows no plan inside a function. The tests of kept plans read those. A new connection
    # would learn the names of the functions again.
    connection.ensure_connection()
    monkeypatch.setattr(connections["default"], "functions", frozenset(), raising=False)
    # Whole pages of so small a history are read faster without an index.
    monkeypatch.setattr(rows, "PAGE", 40)
    widgets = [make_widget(calls_per_minute=1000) for _ in range(3)]
    first = make_request()
    columns = {
        field.attname: getattr(first, field.attname)
        for field in CallRequest._meta.fields
        if field.attname != "id"
    }
    requests = []
    for index in range(ROWS):
        age = timedelta(minutes=index)
        waiting = index < WAITING
        number = f"+336{index:08}"
        requests.append(
            CallRequest(
                **columns
                | {
                    "token": f"token-{index}",
                    "public_id": f"public-{index}",
                    "nonce": f"old-{index}",
                    "number": number,
                    "email": f"v{index}@example.fr",
                    "widget_id": widgets[index % 3].pk,
                    "created_at": NOW - age,
                    "status_at": NOW - age,
                    "due_at": NOW - timedelta(seconds=1),
                    "patience_until": NOW + timedelta(hours=1),
                    "status": Status.QUEUED if waiting else Status.CALLED,
                    "queue_position": index,
                    "attempts_made": 0 if waiting else 1,
                    "slot_start": NOW - age if index % 2 else None,
                    "slot_end": NOW - age + timedelta(minutes=30) if index % 2 else None,
                }
            )
        )
    CallRequest.objects.bulk_create(requests)
    over = list(CallRequest.objects.filter(status=Status.CALLED))
    Attempt.objects.bulk_create(
        Attempt(
            call_request=row,
            widget_id=row.widget_id,
            number=1,
            queue_position=row.queue_position,
            started_at=row.created_at,
            deadline_at=row.created_at,
            ended_at=row.created_at,
            duration_ms=300,
            worker="w",
            service="s",
            outcome="accepted",
        )
        for row in over
    )
    Move.objects.bulk_create(
        Move(
            call_request=row,
            at=row.created_at,
            name="claim",
            from_status="queued",
            to_status="calling",
            actor="worker",
        )
        for row in over
    )
    LimitHit.objects.bulk_create(
        LimitHit(key=f"number:{index}", ordinal=1, at=NOW - timedelta(minutes=index % 1400))
        for index in range(ROWS)
    )
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            kind="alert",
            channel="email",
            recipient=f"hash {index % 100}",
            call_request=row,
            created_at=row.created_at,
            due_at=row.created_at,
            state="waiting" if index < WAITING else "failed" if index < 2 * WAITING else "sent",
        )
        for index, row in enumerate(over)
    )
    analyze()
    with clock.set_to(NOW):
        # The first time it adds up all that there is, and reads it all.
        counting.keep_up(NOW)
        while totals.keep_up(NOW):
            pass
        yield over


def full_scans(work: Callable[[], object]) -> list[str]:
    """The statements of `work` that read a large table from end to end, with their plans."""
    with CaptureQueriesContext(connection) as captured:
        work()
    found = []
    for sql in (sql for query in captured.captured_queries for sql in BETWEEN.split(query["sql"])):
        if not sql.lstrip("( ").upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            continue
        plan = plan_of(sql)
        scans = [line for line in plan if is_full_scan(line)]
        # The latest few by primary key: SQLite calls that a scan too, but ends it there.
        scans = scans[len(LATEST.findall(sql)) :] if connection.vendor == "sqlite" else scans
        found += ["\n".join([line, sql, *plan]) for line in scans]
    return found


def plan_of(sql: str) -> list[str]:
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table of a few rows is read whole though an index is there: this asks for the index.
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {sql.replace('%', '%%')}" if "%" in sql else f"{explain} {sql}")
        return [str(row[-1]) for row in cursor.fetchall()]


def is_full_scan(line: str) -> bool:
    """PostgreSQL says "Seq Scan on t"; SQLite "SCAN t", and adds an index when it reads that."""
    words = line.replace('"', "").split()
    for mark in ("Scan on", "SCAN"):
        if mark in line:
            table = words[words.index(mark.split()[-1]) + 1]
            sequential = "Seq Scan" in line or (mark == "SCAN" and "USING" not in words)
            return sequential and table in LARGE
    return False


def staff(page: str, query: str = "", **typed: str) -> object:
    """A page of the admin, as a superuser gets it; with `typed`, sent by POST."""
    chief, _ = User.objects.get_or_create(username="chief", is_staff=True, is_superuser=True)
    client, address = signed_in(chief), reverse(f"admin:{page}") + query
    answer = client.post(address, typed, follow=True) if typed else client.get(address)
    assert answer.status_code == 200, query
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


def admin_page_of(call_request: CallRequest) -> object:
    chief, _ = User.objects.get_or_create(username="chief", is_staff=True, is_superuser=True)
    return signed_in(chief).get(page_of(call_request)).content


def requests_list(query: str) -> object:
    return staff("callbacks_callrequest_changelist", query)


OFTEN: dict[str, Callable[[list[CallRequest]], object]] = {
    "the next one due": lambda over: read(database.run([next_due()])[0]),
    "a claim and its record": lambda over: place_next(FakeApi()),  # type: ignore[arg-type]
    "the forecast": lambda over: wait_estimate.expected_wait_of(over[0], NOW),
    "free time slots": lambda over: list(slots.free_slots(over[0].widget, "", NOW)),
    "the permission to call": lambda over: circuit_breaker.request_permission(NOW),
    "housekeeping": lambda over: housekeeping.run_round(),
    "the figures of an hour": lambda over: counting.recompute(NOW - timedelta(hours=1), NOW),
    "metrics": lambda over: list(metric_families.collect()),
    "the outbox": lambda over: (list(outbox.due(NOW)), outbox.forget_old(NOW)),
    "a request taken in": lambda over: accept.accept(make_submission()),
    "limits": lambda over: limits.count_retry(
        limits.retry_keys("+33612345678", over[0].widget), NOW
    ),
    "the caps of a widget": lambda over: limit_usage.usage(over[0].widget, NOW),
    "the block list": lambda over: block_list.is_blocked(number="+33612345678"),
    "old hits and refusals": lambda over: (limits.forget_old(NOW), refusals.forget_old(NOW)),
    "the chain of proofs": lambda over: consent_chain.chain_up(),
    "everything about a number": lambda over: list(rows_about.requests_of(number=over[0].number)),
    "the status page": lambda over: Client().get(f"/r/{over[0].token}/"),
    "a waiting one's state": lambda over: Client().get("/r/token-7/state/"),
    "search by number": lambda over: list(search.find(CallRequest.objects.all(), "06 00 00 00 99")),
    "search by email": lambda over: list(search.find(CallRequest.objects.all(), "V99@example.fr")),
    "search by public id": lambda over: list(CallRequest.objects.filter(public_id="public-99")),
    "newest first": lambda over: list(CallRequest.objects.order_by("-created_at", "-pk")[:50]),
    "a status, newest first": lambda over: list(
        CallRequest.objects.filter(status=Status.UNCERTAIN).order_by("-created_at")[:50]
    ),
    "a widget's newest": lambda over: list(
        CallRequest.objects.filter(widget=over[0].widget).order_by("-created_at")[:50]
    ),
    "the admin's first page": lambda over: staff("index"),
    "the list": lambda over: requests_list(""),
    "the list by status": lambda over: requests_list("?status__exact=called"),
    "the list by reason": lambda over: requests_list("?reason__exact=refused"),
    "the list by widget": lambda over: requests_list(f"?widget__id__exact={over[0].widget_id}"),
    "the list, needs a person": lambda over: requests_list("?todo=person"),
    "the list, failed lately": lambda over: requests_list("?todo=failed"),
    "the list, waiting": lambda over: requests_list("?todo=waiting"),
    "the list of some days": lambda over: requests_list(
        "?created_at_from=2026-05-30&created_at_to=2026-05-31"
    ),
    "the list of an hour of the week": lambda over: requests_list("?slot=1-9"),
    "the list of a time slot": lambda over: requests_list(
        f"?booked=2026-06-01T07:00:00Z/2026-06-01T07:30:00Z&widget__id__exact={over[0].widget_id}"
    ),
    "the list of messages": lambda over: staff("callbacks_outboxmessage_changelist"),
    "messages that failed": lambda over: staff(
        "callbacks_outboxmessage_changelist", "?state__exact=failed"
    ),
    "the bookings": lambda over: staff("bookings"),
    "the list by all at once": lambda over: requests_list(
        "?todo=person&status__exact=failed&reason__exact=refused&created_at_from=2026-05-30"
        f"&widget__id__exact={over[0].widget_id}"
    ),
    "the list, oldest first": lambda over: requests_list("?o=1"),
    "a search from the box": lambda over: staff(
        "callbacks_callrequest_changelist", q="06 00 00 00 99"
    ),
    "a search by last digits": lambda over: staff(
        "callbacks_callrequest_changelist", q="99 2026-05-30"
    ),
    "an export": lambda over: staff(
        "callbacks_callrequest_export", "?status__exact=called", format="csv"
    ),
    "a request's page": lambda over: admin_page_of(over[0]),
    "the audit trail": lambda over: staff("callbacks_auditentry_changelist"),
    "the audit trail by action": lambda over: staff(
        "callbacks_auditentry_changelist", "?action=request.retry"
    ),
    "the audit trail by person": lambda over: staff("callbacks_auditentry_changelist", "?q=chief"),
    "the block list in the admin": lambda over: staff("callbacks_block_changelist"),
    "the block list by kind": lambda over: staff(
        "callbacks_block_changelist", "?kind__exact=number"
    ),
    "the block list in force": lambda over: staff("callbacks_block_changelist", "?state=in_force"),
    "one number's history": lambda over: list(
        CallRequest.objects.filter(number_hash=crypto.number_hash(over[0].number))
    ),
}


@pytest.mark.minutes
def test_no_large_table_is_read_from_end_to_end(history):
    found = {name: full_scans(lambda work=work: work(history)) for name, work in OFTEN.items()}
    assert {name: scans for name, scans in found.items() if scans} == {}


@pytest.mark.minutes
def test_a_full_scan_is_found(history):
    assert full_scans(lambda: list(CallRequest.objects.filter(page_title="x").order_by()))


@pytest.mark.postgresql
@pytest.mark.minutes
@pytest.mark.usefixtures("history")
def test_the_plans_that_are_kept_read_no_large_table_from_end_to_end():
    for name, query in claim.SQL.items():
        assert not [line for line in kept_plan(query) if is_full_scan(line)], name
