"""A move is made from the right status, by the right actor, on the row as it was seen."""

import itertools

import pytest
from django.contrib.auth.models import User

from callbacks import lifecycle
from callbacks.models import Actor, CallRequest, Move, Reason, Status
from tests.factories import make_request

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("move", "status", "actor"),
    list(itertools.product(lifecycle.MOVES.values(), Status, Actor)),
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_only_what_the_table_says_is_made(move, status, actor):
    request = make_request(status=status)
    person = User.objects.create(username="anne") if actor is Actor.STAFF else None
    allowed = status in move.sources and actor in move.actors
    if allowed:
        assert lifecycle.make(request, move, actor, person=person)
    else:
        with pytest.raises(lifecycle.NotAllowed):
            lifecycle.make(request, move, actor, person=person)
    request.refresh_from_db()
    assert request.status == (move.target if allowed else status)
    assert Move.objects.count() == int(allowed)


def test_staff_need_a_name():
    request = make_request(status=Status.FAILED)
    with pytest.raises(lifecycle.NotAllowed, match="person"):
        lifecycle.make(request, lifecycle.RETRY, Actor.STAFF)


def test_a_request_that_changed_meanwhile_is_left_alone():
    seen = make_request(status=Status.QUEUED)
    other = CallRequest.objects.get(pk=seen.pk)
    assert lifecycle.make(other, lifecycle.CANCEL, Actor.VISITOR, reason=Reason.BY_VISITOR)
    assert not lifecycle.make(seen, lifecycle.CLAIM, Actor.WORKER, attempts_made=1)
    seen.refresh_from_db()
    assert (seen.status, seen.attempts_made) == (Status.CANCELLED, 0)
    assert Move.objects.get().name == "cancel"


def test_the_same_status_after_another_attempt_is_not_the_same_row():
    seen = make_request(status=Status.CALLING, attempts_made=1)
    CallRequest.objects.filter(pk=seen.pk).update(attempts_made=2)
    assert not lifecycle.make(seen, lifecycle.ACCEPT, Actor.WORKER)
    seen.refresh_from_db()
    assert seen.status == Status.CALLING


def test_a_move_is_recorded_with_who_and_why():
    anne = User.objects.create(username="anne")
    request = make_request(status=Status.UNCERTAIN, attempts_made=2)
    assert lifecycle.make(
        request, lifecycle.MARK_CALLED, Actor.STAFF, person=anne, reason=Reason.BY_STAFF, note="x"
    )
    row = Move.objects.get()
    assert (row.from_status, row.to_status) == (Status.UNCERTAIN, Status.CALLED)
    assert (row.person, row.actor, row.note, row.attempt_number) == (anne, Actor.STAFF, "x", 2)
    assert row.at == request.status_at
