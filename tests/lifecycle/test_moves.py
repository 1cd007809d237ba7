"""A move is made from the right status, by the right actor, on the row as it was seen."""

import itertools
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import Q

from callbacks.core import clock
from callbacks.core.statements import Statement
from callbacks.dispatch import record
from callbacks.lifecycle import transitions, worker_moves
from callbacks.models import Actor, CallRequest, Move, Reason, Status
from tests.support.concurrency import concurrently
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def holds_for(move):
    """The columns of a request for which the fact that `move` rests on holds."""
    if move is transitions.EXPIRE:
        return {"patience_until": clock.now()}
    # With hours, a moment without a row of an open period is closed.
    closed = make_widget(has_hours=True, opening_hours="Mo 10:00-12:00")
    if move is transitions.EXPIRE_CLOSED:
        return {"widget": closed}
    if move is transitions.CONFIRM:
        slot = {"slot_start": clock.now(), "slot_end": clock.now() + timedelta(minutes=30)}
        return {"widget": closed, **slot}
    return {}


@pytest.mark.parametrize(
    ("move", "status", "actor"),
    list(itertools.product(transitions.MOVES.values(), Status, Actor)),
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_only_what_the_table_says_is_made(move, status, actor):
    call_request = make_request(status=status, **holds_for(move))
    person = User.objects.create(username="anne") if actor is Actor.STAFF else None
    allowed = status in move.sources and actor in move.actors
    if allowed:
        assert transitions.transition(call_request, move, actor, person=person)
    else:
        with pytest.raises(transitions.NotAllowed):
            transitions.transition(call_request, move, actor, person=person)
    call_request.refresh_from_db()
    assert call_request.status == (move.target if allowed else status)
    assert Move.objects.count() == int(allowed)


@pytest.mark.parametrize("move", transitions.MOVES.values(), ids=lambda move: move.name)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_request_that_was_erased_makes_no_move(move, is_known):
    """Whether the one who tries knows of it or has read the row before."""
    status = min(move.sources)
    call_request = make_request(status=status, **holds_for(move))
    CallRequest.objects.filter(pk=call_request.pk).update(erased_at=clock.now())
    actor = min(move.actors)
    person = User.objects.create(username="anne") if actor is Actor.STAFF else None
    if is_known:
        call_request.refresh_from_db()
        with pytest.raises(transitions.NotAllowed, match="erased"):
            transitions.transition(call_request, move, actor, person=person)
    else:
        assert not transitions.transition(call_request, move, actor, person=person)
    call_request.refresh_from_db()
    assert call_request.status == status
    assert not Move.objects.exists()


@pytest.mark.parametrize(
    ("move", "status", "fields"),
    [
        (transitions.CLAIM, Status.QUEUED, {"number": ""}),
        (transitions.RETRY, Status.FAILED, {"number": ""}),
        (transitions.EXPIRE, Status.QUEUED, {}),
        (transitions.EXPIRE_CLOSED, Status.QUEUED, {}),
        (transitions.CONFIRM, Status.QUEUED, {}),
    ],
    ids=[
        "claim without a number",
        "retry without a number",
        "expire before the time",
        "expire as closed without hours",
        "confirm without a slot",
    ],
)
def test_the_fact_that_a_move_rests_on_is_looked_at_in_the_row(move, status, fields):
    seen = make_request(status=status)
    CallRequest.objects.filter(pk=seen.pk).update(**fields)
    actor = min(move.actors)
    person = User.objects.create(username="anne") if actor is Actor.STAFF else None
    assert not transitions.transition(seen, move, actor, person=person)
    seen.refresh_from_db()
    assert seen.status == status
    assert not Move.objects.exists()


def test_a_further_condition_is_compared_with_the_others():
    call_request = make_request(attempts_made=1)
    for number, is_made in ((2, False), (1, True)):
        only = Q(attempts_made=number)
        made = transitions.transition(call_request, transitions.CANCEL, Actor.VISITOR, only=only)
        assert made is is_made
    assert Move.objects.count() == 1


def test_staff_need_a_name():
    call_request = make_request(status=Status.FAILED)
    with pytest.raises(transitions.NotAllowed, match="person"):
        transitions.transition(call_request, transitions.RETRY, Actor.STAFF)


def test_a_request_that_changed_meanwhile_is_left_alone():
    seen = make_request(status=Status.QUEUED)
    other = CallRequest.objects.get(pk=seen.pk)
    assert transitions.transition(
        other, transitions.CANCEL, Actor.VISITOR, reason=Reason.BY_VISITOR
    )
    assert not transitions.transition(seen, transitions.CLAIM, Actor.WORKER, attempts_made=1)
    seen.refresh_from_db()
    assert (seen.status, seen.attempts_made) == (Status.CANCELLED, 0)
    assert Move.objects.get().name == "cancel"


def test_the_same_status_after_another_attempt_is_not_the_same_row():
    seen = make_request(status=Status.CALLING, attempts_made=1)
    CallRequest.objects.filter(pk=seen.pk).update(attempts_made=2)
    assert not transitions.transition(seen, transitions.ACCEPT, Actor.WORKER)
    seen.refresh_from_db()
    assert seen.status == Status.CALLING


def test_a_move_is_recorded_with_who_and_why():
    anne = User.objects.create(username="anne")
    call_request = make_request(status=Status.UNCERTAIN, attempts_made=2)
    assert transitions.transition(
        call_request,
        transitions.MARK_CALLED,
        Actor.STAFF,
        person=anne,
        reason=Reason.BY_STAFF,
        note="x",
    )
    row = Move.objects.get()
    assert (row.from_status, row.to_status) == (Status.UNCERTAIN, Status.CALLED)
    assert (row.person, row.actor, row.note, row.attempt_number) == (anne, Actor.STAFF, "x", 2)
    assert row.at == call_request.status_at


def test_the_row_in_hand_shows_when_without_being_told():
    call_request = make_request(status=Status.QUEUED)
    before = call_request.status_at
    assert transitions.transition(call_request, transitions.CANCEL, Actor.VISITOR)
    assert call_request.status_at > before
    assert call_request.status_at == CallRequest.objects.get(pk=call_request.pk).status_at
    assert call_request.moves.get().at == call_request.status_at


@pytest.mark.parametrize("attempts", [0, 1])
def test_what_goes_with_a_move_is_done_whether_it_can_be_made_or_not(attempts):
    call_request = make_request(status=Status.CALLING, attempts_made=0)
    CallRequest.objects.filter(pk=call_request.pk).update(attempts_made=attempts)
    along = Statement(
        "UPDATE callbacks_callrequest SET page_title = 'along' WHERE id = %s", (call_request.pk,)
    )
    made = worker_moves.transition(
        call_request,
        transitions.ACCEPT,
        record.END_CALL,
        run_first=[along],
        sends_since_asked=1,
    )
    assert made is (attempts == 0)
    assert CallRequest.objects.get(pk=call_request.pk).page_title == "along"
    assert Move.objects.count() == int(made)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("is_erased", [True, False])
def test_a_move_of_a_call_is_refused_where_the_table_refuses_it(status, is_erased):
    erased_at = clock.now() if is_erased else None
    call_request = make_request(status=status, erased_at=erased_at)
    is_allowed = transitions.may(call_request, transitions.ACCEPT, Actor.WORKER)
    assert is_allowed is (status is Status.CALLING and not is_erased)
    with nullcontext() if is_allowed else pytest.raises(transitions.NotAllowed):
        worker_moves.transition(
            call_request, transitions.ACCEPT, record.END_CALL, sends_since_asked=1
        )
    assert Move.objects.count() == int(is_allowed)


def test_a_move_that_workers_may_not_make_is_refused():
    with pytest.raises(transitions.NotAllowed):
        worker_moves.transition(
            make_request(status=Status.CALLING),
            transitions.HOLD,
            record.END_CALL,
            sends_since_asked=1,
        )


@pytest.mark.parametrize("at", [None, NOW])
def test_the_row_in_hand_shows_a_move_of_a_call(at):
    call_request = make_request(status=Status.CALLING)
    before = call_request.status_at
    assert worker_moves.transition(
        call_request,
        transitions.REFUSE,
        record.END_CALL,
        at=at,
        reason=Reason.REFUSED,
        sends_since_asked=2,
    )
    saved = CallRequest.objects.get(pk=call_request.pk)
    assert (saved.status, saved.reason) == (Status.FAILED, Reason.REFUSED)
    assert saved.status_at == at if at else saved.status_at > before
    for name in ("status", "reason", "status_at", "sends_since_asked"):
        assert getattr(call_request, name) == getattr(saved, name), name


@pytest.mark.django_db(transaction=True)
def test_of_many_who_make_a_move_at_once_one_does():
    call_request = make_request(status=Status.UNCERTAIN)
    copies = [CallRequest.objects.get(pk=call_request.pk) for _ in range(6)]

    def make(index):
        return transitions.transition(copies[index], transitions.LATE_ACCEPT, Actor.WORKER)

    made = concurrently(6, make)
    assert sorted(made) == [False] * 5 + [True]
    assert Move.objects.count() == 1
