"""What the statements of a claim say is what the rules in Python say, whatever the rows hold."""

import itertools
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from callback_site.postgresql.base import Cursor
from callbacks.call_api import connected_service
from callbacks.core import clock, database, process_identity, sql_functions
from callbacks.core.queries import Query, Together
from callbacks.core.statements import Statement, numbers
from callbacks.dispatch import (
    PlaceResult,
    begin_attempt,
    call_switch,
    circuit_breaker,
    claim,
    last_look,
    place_next,
    record,
)
from callbacks.dispatch.circuit_breaker import Decision, Permission
from callbacks.lifecycle import transitions, worker_moves
from callbacks.models import (
    Actor,
    Attempt,
    CallControl,
    CallRequest,
    CircuitState,
    Outcome,
    Status,
    Widget,
)
from callbacks.scheduling import fair_queue, pacing, wait_estimate
from callbacks.scheduling.due import due, times, to_join
from callbacks.scheduling.pacing import Paced
from callbacks.worker import left_behind
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_widget

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND, SLACK = timedelta(seconds=1), clock.SLACK
DUE = re.compile(
    r"status = 'queued' AND queue_position IS NOT NULL AND patience_until .*? AND erased_at IS NULL"
)


def due_in(name):
    """The condition by which this statement tells that a request is due."""
    return DUE.findall(claim.SQL[name].text)


def test_due_is_the_same_condition_in_every_statement():
    conditions = [due_in(name) for name in ("ask", "next_due", "claim")]
    assert conditions == [due_in("claim")] * 3
    assert len(due_in("claim")) == 1


def test_what_may_join_the_queue_is_due_but_for_its_place():
    [condition] = due_in("claim")
    may_join = condition.replace("queue_position IS NOT NULL", "queue_position IS NULL")
    for text in (claim.SQL["ask"].text, fair_queue.SQL["join"].text):
        assert f"WHERE {may_join} AND due_at <= %(now)s" in text


def test_the_columns_of_the_next_one_due_are_read_in_their_order():
    looked, selected = claim.SQL["next_due"].text.split(" LEFT JOIN ")
    selected = selected.partition(" FROM ")[0]
    assert re.findall(r" AS (\w+)(?:,| \) AS looked| FROM)", looked) == list(claim._Looked._fields)
    assert re.findall(r"callbacks_callrequest\.(\w+)", selected) == list(claim._OF_REQUEST)
    assert re.findall(r"widget\.(\w+)", selected) == list(claim._OF_WIDGET)


def requests_of_every_kind():
    """One row for each combination of what decides whether a request is due."""
    first = make_request()
    columns = {
        field.attname: getattr(first, field.attname)
        for field in CallRequest._meta.concrete_fields
        if not field.primary_key
    }
    kinds = itertools.product(
        Status,
        (-SECOND, SECOND * 0, SECOND),  # the end of its patience
        ((-SECOND, False), (SECOND * 0, True), (SECOND, True), (SECOND, False)),  # when it is due
        (None, -SECOND, SECOND * 0, SECOND),  # the end of its backoff
        (-SECOND, SLACK, SLACK + SECOND),  # when that was worked out
        ("+33612345678", ""),
        (None, NOW),  # erased
    )
    rows = [
        CallRequest(
            **columns
            | {
                **{name: f"{name[0]}-{index}" for name in ("public_id", "token", "nonce")},
                "status": status,
                "patience_until": NOW + patience,
                "due_at": NOW + due,
                "is_scheduled": is_scheduled,
                "backoff_until": None if backoff is None else NOW + backoff,
                "backoff_since": None if backoff is None else NOW + since,
                "number": number,
                "erased_at": erased_at,
            }
        )
        for index, (status, patience, (due, is_scheduled), backoff, since, number, erased_at) in (
            enumerate(kinds)
        )
    ]
    CallRequest.objects.all().delete()
    CallRequest.objects.bulk_create(rows, batch_size=500)


@pytest.mark.long
@pytest.mark.django_db
def test_the_statements_find_due_what_the_queryset_finds():
    requests_of_every_kind()
    [condition] = due_in("claim")
    with clock.set_to(NOW):
        query = Query(f"SELECT id FROM callbacks_callrequest WHERE {condition}")
        found = database.execute(query(**times()))
        expected = set(due(NOW).values_list("pk", flat=True))
        assert expected
        assert {pk for (pk,) in found.rows} == expected
        assert claim.ask().is_due
        CallRequest.objects.filter(pk__in=expected).delete()
        assert not claim.ask().is_due


@pytest.mark.long
@pytest.mark.django_db
def test_the_statement_lets_join_what_the_queryset_finds():
    requests_of_every_kind()
    CallRequest.objects.filter(is_scheduled=True).update(queue_position=None)
    with clock.set_to(NOW):
        expected = set(to_join(NOW).values_list("pk", flat=True))
        assert expected
        assert claim.ask().may_join
        fair_queue.join()
        joined = CallRequest.objects.filter(is_scheduled=True, queue_position__isnull=False)
        assert set(joined.values_list("pk", flat=True)) == expected
        assert not claim.ask().may_join


@pytest.mark.long
@pytest.mark.django_db
def test_a_wait_counts_before_it_what_the_queryset_finds_due():
    requests_of_every_kind()
    CallRequest.objects.update(queue_position=6)
    [mine] = Widget.objects.all()
    other = make_widget(calls_per_minute=5)
    with clock.set_to(NOW):
        count = due(NOW).count()
        for widget, calls_per_minute, ahead_of_widget in (
            (mine, 5, count),
            (mine, 0, 0),
            (other, 5, 0),
        ):
            widget.calls_per_minute = calls_per_minute
            for position, expected in ((6, (0, 0)), (7, (count, ahead_of_widget))):
                forecast = wait_estimate.SQL["ask"](
                    **wait_estimate.parameters(widget), queue_position=position
                )
                assert database.execute(forecast).rows[0][:2] == expected


@pytest.mark.django_db
def test_the_next_one_due_is_the_first_of_the_queryset_whatever_is_full():
    widgets = [make_widget() for _ in range(3)]
    with clock.set_to(NOW):
        for index, widget in enumerate([*widgets, *widgets]):
            make_request(widget=widget, queue_position=index // 2)
        keys = [widget.pk for widget in widgets]
        for full in ([], keys[:1], keys[:2], keys):
            found = claim.read(database.execute(claim.next_due(full)))
            assert found == claim.first_due(full)
            assert (found is None) is (full == keys)
            if found is not None:
                assert (
                    found.widget.originate
                    == found.widget.__class__.objects.get(pk=found.widget_id).originate
                )


def controls():
    """The row in every state that decides whether calls may flow."""
    longest = circuit_breaker.LONGEST_QUIET + SLACK
    stops = ((None, None), (NOW, None), (NOW, SECOND), (NOW, SECOND * 0), (NOW, -SECOND))
    for (stopped_at, until), quiet, circuit in itertools.product(
        stops, (None, -SECOND, SECOND * 0, SECOND, longest, longest + SECOND), CircuitState
    ):
        CallControl.objects.update_or_create(
            pk=1,
            defaults={
                "stopped_at": stopped_at,
                "stopped_until": None if until is None else NOW + until,
                "quiet_until": None if quiet is None else NOW + quiet,
                "circuit": circuit,
                "failures": 3,
            },
        )
        yield CallControl.objects.get()


@pytest.mark.django_db
def test_calls_may_flow_in_the_statement_when_they_may_by_the_circuit_breaker():
    with clock.set_to(NOW):
        for control in controls():
            must_wait = circuit_breaker.must_wait(control, NOW)
            may_flow = control.circuit == CircuitState.CLOSED and not must_wait
            assert claim.ask() == (False, False, 3 if may_flow else None)


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("permission", [Permission.GO, Permission.PROBE])
def test_a_stop_or_a_pause_after_the_decision_keeps_the_next_from_being_claimed(permission):
    with clock.set_to(NOW):
        for control in controls():
            call_request = make_request()
            is_closed = control.circuit == CircuitState.CLOSED or permission is Permission.PROBE
            claimed = claim.claim_next(Decision(permission), 10)
            assert (claimed is not None) is (is_closed and not control.is_stopped_at(NOW))
            Attempt.objects.all().delete()
            CallRequest.objects.filter(pk=call_request.pk).delete()


@pytest.mark.long
@pytest.mark.django_db
def test_the_statements_count_in_the_window_of_a_pace_what_the_querysets_count(settings):
    settings.PACE_CALLS, settings.PACE_SECONDS = 5, 10
    widget = make_widget(calls_per_minute=5, simultaneous_calls=5, call_seconds=30)
    limits = [*pacing.account_pacing(), *pacing.widget_pacing(widget)]
    lengths = [limit.window for limit in limits]
    moments = {SECOND * 0, clock.SLACK, clock.SLACK + SECOND} | {
        -length + step for length in lengths for step in (-SECOND, SECOND * 0, SECOND)
    }
    for times_as_many, one in ((1, widget), (3, make_widget())):
        call_request = make_request(widget=one, status=Status.CALLED)
        # Each a different number of times, or one could stand for another.
        settled = [
            outcome
            for count, outcome in enumerate(Outcome)
            # none is pending: a request has one such attempt at most
            for _ in range(count * times_as_many)
        ]
        for number, (moment, outcome) in enumerate(itertools.product(moments, settled), 1):
            Attempt.objects.create(
                call_request=call_request,
                widget=one,
                number=number,
                started_at=NOW + moment,
                deadline_at=NOW,
                outcome=outcome,
            )
    with clock.set_to(NOW):
        expected = [limit.inside(NOW).count() for limit in limits]
        assert len(set(expected)) == 3

        def of_account(limits):
            windows = pacing.windows(limits, Paced.ACCOUNT)
            statement = claim.SQL["next_due"](**times() | windows, full=numbers([]), is_probe=False)
            return claim._Looked(*database.execute(statement).rows[0][:4]).started

        of_widget = claim.SQL["calls_of_widget"](
            widget_id=widget.pk, **pacing.windows(limits, Paced.WIDGET, Paced.ONGOING)
        )
        counted = [of_account(limits), *database.execute(of_widget).rows[0]]
        assert counted == expected
        forecast = wait_estimate.SQL["ask"](**wait_estimate.parameters(widget), queue_position=0)
        queue = wait_estimate.Queue(*database.execute(forecast).rows[0])
        assert [queue.account, queue.widget, queue.ongoing] == expected
        assert of_account([]) == 0


QUERIES = {
    transitions.ACCEPT: (record.END_CALL, {"sends_since_asked": 1}),
    transitions.REFUSE: (record.END_CALL, {"sends_since_asked": 1}),
    transitions.MARK_UNCERTAIN: (record.END_CALL, {"sends_since_asked": 1}),
    transitions.REQUEUE: (
        record.REQUEUE,
        {
            "sends_since_asked": 1,
            "backoff_until": NOW + SECOND,
            "backoff_since": NOW,
            "put_off_count": 1,
            "queue_position": 7,
        },
    ),
}
HOLD_BACK = {"sends_since_asked": 1, "backoff_until": None, "backoff_since": None}
CASES = [
    *((move, *case) for move, case in QUERIES.items()),
    (transitions.REQUEUE, record.HOLD_BACK, HOLD_BACK),
]


def everything_about(call_request):
    """The row and its moves, but for what differs between any two requests."""
    different = ("id", "public_id", "token", "nonce", "number", "number_hash", "email")
    row = CallRequest.objects.filter(pk=call_request.pk).values().get()
    moves = call_request.moves.order_by("pk").values()
    return (
        {name: value for name, value in row.items() if name not in (*different, "email_hash")},
        [{**move, "id": None, "call_request_id": None} for move in moves],
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("move", "queries", "changes"), CASES)
def test_a_move_by_its_own_statements_does_what_it_does_by_the_models(move, queries, changes):
    widget = make_widget()
    for status, attempts, erased_at in itertools.product(Status, (1, 2), (None, NOW)):
        came_to = []
        for is_by_models in (True, False):
            with clock.set_to(NOW):
                call_request = make_request(widget=widget, status=Status.CALLING, attempts_made=1)
                CallRequest.objects.filter(pk=call_request.pk).update(
                    status=status, attempts_made=attempts, erased_at=erased_at
                )
                made = (
                    transitions.transition(call_request, move, Actor.WORKER, **changes)
                    if is_by_models
                    else worker_moves.transition(call_request, move, queries, **changes)
                )
            assert made is (status == "calling" and attempts == 1 and erased_at is None)
            came_to.append(everything_about(call_request))
        assert came_to[0] == came_to[1]


@pytest.mark.django_db
def test_a_claim_by_its_own_statements_does_what_it_does_by_the_models():
    came_to = []
    widget = make_widget()
    with clock.set_to(NOW):
        make_request(widget=widget)
        claimed = claim.claim_next(Decision(Permission.GO), 10)
        came_to.append(everything_about(claimed.call_request))
        by_models = make_request(widget=widget)
        transitions.transition(by_models, transitions.CLAIM, Actor.WORKER, attempts_made=1)
        came_to.append(everything_about(by_models))
    assert came_to[0] == came_to[1]


@pytest.mark.django_db
@pytest.mark.parametrize("is_function", [True, False])
@pytest.mark.parametrize(
    ("missing", "status", "attempts", "ends_as"),
    [
        ("claim", Status.QUEUED, 0, Status.QUEUED),
        ("add_attempt", Status.CALLING, 0, Status.UNCERTAIN),
        ("add_move", Status.CALLING, 1, Status.UNCERTAIN),
    ],
)
def test_a_claim_that_was_not_written_whole_calls_nobody_and_is_not_lost(
    missing, status, attempts, ends_as, is_function, monkeypatch
):
    """Its statements leave no part out. If one did, nobody would know of the call."""
    parts = [
        Query(part.text.replace(" RETURNING", " AND 1 = 0 RETURNING"), part.name)
        if part.name == missing
        else part
        for part in begin_attempt.CLAIM.parts
    ]
    monkeypatch.setattr(begin_attempt, "CLAIM", Together("not_whole", *parts))
    if connection.vendor == "postgresql" and is_function:
        monkeypatch.setattr(connection, "functions", connection.functions)
        sql_functions.create([begin_attempt.CLAIM])
        assert begin_attempt.CLAIM.function in connection.functions
    call_request = make_request()
    api = FakeApi()
    assert place_next(api) is PlaceResult.IDLE
    assert api.calls == []
    call_request.refresh_from_db()
    assert (call_request.status, call_request.attempts.count()) == (status, attempts)
    later = clock.now() + timedelta(minutes=10)
    left_behind.mark_left_behind(later, timedelta())
    call_request.refresh_from_db()
    assert call_request.status == ends_as


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed",
    [
        {"status": Status.CANCELLED},
        {"attempts_made": 1},
        {"status": Status.CALLING, "attempts_made": 2},
        {"patience_until": NOW},
        {"erased_at": NOW},
    ],
)
def test_a_request_that_changed_since_it_was_chosen_is_not_claimed_at_all(monkeypatch, changed):
    """The transaction is committed whatever the claim finds, so none of its rows may be there."""
    pick = claim.pick

    def and_change(*args, **options):
        picked = pick(*args, **options)
        CallRequest.objects.update(**changed)
        return picked

    monkeypatch.setattr(claim, "pick", and_change)
    with clock.set_to(NOW):
        call_request = make_request()
        assert claim.claim_next(Decision(Permission.GO), 10) is None
    assert not Attempt.objects.exists()
    assert not call_request.moves.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("latest", "position"), [(None, 5), (3, 5), (5, 5), (9, 9)])
def test_an_attempt_is_written_as_the_models_would_save_it(latest, position, admin_user):
    """Its position is the request's, or the latest attempt's if that is higher."""
    for number, before_position in enumerate((1, latest) if latest is not None else (), 1):
        before = make_request(status=Status.CALLED)
        Attempt.objects.create(
            call_request=before,
            widget_id=before.widget_id,
            number=number,
            queue_position=before_position,
            started_at=NOW,
            deadline_at=NOW,
            outcome=Outcome.ACCEPTED,
        )
    with clock.set_to(NOW):
        make_request(queue_position=5, retried_by=admin_user)
        claimed = claim.claim_next(Decision(Permission.GO), 10)
    saved = claimed.call_request.attempts.get()
    assert claimed.attempt == 1
    expected = Attempt(
        pk=saved.pk,
        call_request=claimed.call_request,
        widget_id=claimed.call_request.widget_id,
        number=1,
        queue_position=position,
        started_at=NOW,
        deadline_at=NOW + timedelta(seconds=10),
        worker=process_identity.thread_name(),
        person_id=admin_user.pk,
        service=connected_service.connected().host,
    )
    for field in Attempt._meta.concrete_fields:
        found = getattr(saved, field.attname)
        assert found == getattr(expected, field.attname), field.attname


# The advisory locks that are held, and whether the transaction has locked a row or written one.
HELD = Statement(
    "SELECT (SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),"
    " pg_current_xact_id_if_assigned() IS NOT NULL"
)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("account", "of_widget", "is_paced"),
    [
        (0, {}, False),
        (5, {}, True),
        (0, {"calls_per_minute": 1}, True),
        (0, {"simultaneous_calls": 1}, True),
    ],
)
def test_the_pace_is_locked_only_if_something_is_paced(settings, account, of_widget, is_paced):
    settings.PACE_CALLS = account
    call_switch.current()
    make_widget()
    make_request(widget=make_widget(**of_widget))
    asked, *_, locks = database.run([*claim._first_message(is_probe=False), HELD])
    assert asked.rows == [(1, None, 0, "" if is_paced else None)]
    assert locks.rows == [(int(is_paced), True)]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_wake_up_that_finds_nothing_locks_nothing(settings):
    settings.PACE_CALLS = 5
    call_switch.current()
    make_request(status=Status.CALLED)
    make_request(queue_position=None, due_at=clock.now() + timedelta(hours=1), is_scheduled=True)
    asked, *_, locks = database.run([*claim._first_message(is_probe=False), HELD])
    assert asked.rows == [(None, None, 0, None)]
    assert locks.rows == [(0, False)]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_claim_that_did_not_lock_the_pace_is_given_up(settings, monkeypatch):
    """The request became due between two statements of the message: calls were not counted."""
    settings.PACE_CALLS = 5
    call_switch.current()
    call_request = make_request()
    begin = claim._first_message

    def unlocked(*, is_probe):
        _ask, *others = begin(is_probe=is_probe)
        return [claim._question(key=None), *others]

    monkeypatch.setattr(claim, "_first_message", unlocked)
    assert claim.claim_next(Decision(Permission.GO), 10) is None
    work, claimed = claim.claim_at_once(10)
    assert work.is_due
    assert claimed is None
    settings.PACE_CALLS = 0
    assert claim.claim_at_once(10)[1].call_request == call_request


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_token", [True, False])
def test_a_call_is_placed_with_a_token_at_hand_and_without(has_token, monkeypatch):
    monkeypatch.setattr(FakeApi, "has_token", lambda api: has_token)
    api = FakeApi()
    make_request()
    assert place_next(api) is PlaceResult.WORKED
    assert place_next(api) is PlaceResult.IDLE
    assert len(api.calls) == 1
    assert Attempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_calls_that_were_stopped_are_not_claimed_at_once():
    call_request = make_request()
    call_switch.stop("anne")
    work, claimed = claim.claim_at_once(10)
    assert (work.is_due, work.failures, claimed) == (True, None, None)
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("fresh", "messages"), [(60, 3), (-1, 4)])
def test_a_call_sends_three_or_four_messages_to_the_database(fresh, messages, monkeypatch):
    """They are: ask and find the next one due; claim it, and look; a last look, if that one is no
    longer fresh; record what came of it.
    """
    monkeypatch.setattr(last_look, "FRESH_SECONDS", fresh)
    monkeypatch.setattr(Cursor, "_has_answer", lambda _cursor: False)
    call_switch.current()  # its row is there from the first call on
    make_request()
    make_request()
    place_next(FakeApi())
    sent = []

    def note(execute, sql, parameters, many, context):
        sent.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        assert place_next(FakeApi()) is PlaceResult.WORKED
    assert len(sent) == messages, sent


def test_the_statements_begin_where_the_moves_begin():
    for move, (queries, _changes) in QUERIES.items():
        for query in (queries.add_move, queries.update):
            assert re.findall(r"\bstatus = '(\w+)'", query.text) == list(move.sources)
    assert re.findall(r"\bstatus = '(\w+)'", claim.SQL["claim"].text) == list(
        transitions.CLAIM.sources
    )
    assert "name)s, 'queued', %(to_status)s" in claim.SQL["add_move"].text
    for name in ("add_attempt", "add_move"):  # they ask for the row that the claim wrote
        assert re.findall(r"\bstatus = '(\w+)'", claim.SQL[name].text) == [transitions.CLAIM.target]
