"""Whatever moves are tried in whatever order, no second call without a person between."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callbacks.core import clock
from callbacks.lifecycle import transitions
from callbacks.models import Actor, CallRequest, Move, Status
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

# A step is a move that may be made from the status, by who may (its place among those), or anything
# by anybody; on the row as it is, or as it was before.
POSSIBLE = st.integers(0, 99)
ANYTHING = st.tuples(st.sampled_from(sorted(transitions.MOVES)), st.sampled_from(list(Actor)))
STEPS = st.lists(
    st.tuples(
        st.one_of(POSSIBLE, POSSIBLE, POSSIBLE, ANYTHING),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=25,
)
ACCEPTED = {"accept", "late_accept"}
# Time passes, or not yet, so that each move is made now and then.
PATIENCE = {"expire": -timedelta(minutes=1), "claim": timedelta(minutes=1)}


def possible_from(status):
    """Who may make which move from `status`."""
    return [
        (name, actor)
        for name, move in transitions.MOVES.items()
        for actor in sorted(move.actors)
        if status in move.sources
    ]


def test_no_way_through_the_table_leads_to_a_second_call_without_a_person():
    """Every way: a state is the status, and whether a phone may have rung since a person asked."""
    known, new = set(), {(Status.QUEUED, False)}
    while new:
        known |= new
        reached = set()
        for status, may_have_rung in new:
            for name, actor in possible_from(status):
                move = transitions.MOVES[name]
                if move.target == Status.CALLING:
                    assert not may_have_rung, f"{name} by {actor} after a call that may have rung"
                    reached.add((Status.CALLING, True))
                elif is_certain(name, status, actor) or (name, actor) == ("retry", Actor.STAFF):
                    reached.add((move.target, False))
                else:
                    reached.add((move.target, may_have_rung))
        new = reached - known
    assert {status for status, _ in known} == set(Status)


def is_certain(name, source, actor):
    """Whether the move says that no phone has rung: the one who placed the call knows."""
    return (name, source, actor) == ("requeue", Status.CALLING, Actor.WORKER)


@pytest.mark.slow
@given(STEPS)
@hypothesis_settings(max_examples=150)
def test_two_calls_have_a_person_between(steps):
    with transaction.atomic():
        anne = User.objects.create(username="anne")
        call_request = make_request()
        stale = CallRequest.objects.get(pk=call_request.pk)
        for step, use_stale_copy in steps:
            if not use_stale_copy:
                call_request.refresh_from_db()
            hand = stale if use_stale_copy else call_request
            if isinstance(step, int):
                possible = [
                    (name, actor)
                    for name, actor in possible_from(hand.status)
                    if transitions.MOVES[name].target != Status.CANCELLED  # the end of any history
                ]
                step = possible[step % len(possible)] if possible else ("retry", Actor.STAFF)
            name, actor = step
            move = transitions.MOVES[name]
            changes = {"attempts_made": hand.attempts_made + 1} if name == "claim" else {}
            if name in PATIENCE:
                until = clock.now() + PATIENCE[name]
                CallRequest.objects.filter(pk=call_request.pk).update(patience_until=until)
            person = anne if actor is Actor.STAFF else None
            try:
                transitions.transition(hand, move, actor, person=person, **changes)
            except transitions.NotAllowed:
                assert hand.status not in move.sources or actor not in move.actors
            if not use_stale_copy:
                stale = CallRequest.objects.get(pk=call_request.pk)
        check_history(
            list(Move.objects.filter(call_request=call_request).order_by("pk")), call_request
        )
        transaction.set_rollback(True)


def check_history(moves: list[Move], call_request: CallRequest) -> None:
    call_request.refresh_from_db()
    status = Status.QUEUED
    accepted = False
    may_have_rung = False
    for row in moves:
        assert row.from_status == status, "the history has a gap"
        status = row.to_status  # type: ignore[assignment]
        if row.name == "retry":
            assert row.person is not None
            accepted = may_have_rung = False
        if is_certain(row.name, row.from_status, row.actor):
            may_have_rung = False
        if row.name in ACCEPTED:
            assert not accepted
            accepted = True
        if row.to_status == Status.CALLING:
            assert not may_have_rung, "a machine calls again where a phone may have rung"
            may_have_rung = True
    assert call_request.status == status
