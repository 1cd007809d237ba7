"""Whatever moves are tried in whatever order, no two acceptances without a person between."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callbacks import lifecycle
from callbacks.models import Actor, CallRequest, Move, Status
from tests.factories import make_request

pytestmark = pytest.mark.django_db

STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(lifecycle.MOVES)), st.sampled_from(list(Actor)), st.booleans()
    ),
    max_size=25,
)
ACCEPTED = {"accept", "late_accept"}


@given(STEPS)
@hypothesis_settings(max_examples=150)
def test_two_acceptances_have_a_person_between(steps):
    with transaction.atomic():
        anne = User.objects.create(username="anne")
        request = make_request()
        stale = CallRequest.objects.get(pk=request.pk)
        for name, actor, use_stale_copy in steps:
            move = lifecycle.MOVES[name]
            if not use_stale_copy:
                request.refresh_from_db()
            hand = stale if use_stale_copy else request
            changes = {"attempts_made": hand.attempts_made + 1} if name == "claim" else {}
            person = anne if actor is Actor.STAFF else None
            try:
                lifecycle.make(hand, move, actor, person=person, **changes)
            except lifecycle.NotAllowed:
                assert hand.status not in move.sources or actor not in move.actors
            if not use_stale_copy:
                stale = CallRequest.objects.get(pk=request.pk)
        check_history(list(Move.objects.filter(request=request).order_by("pk")), request)
        transaction.set_rollback(True)


def check_history(moves: list[Move], request: CallRequest) -> None:
    request.refresh_from_db()
    status = Status.QUEUED
    accepted_since_a_person_asked = 0
    claims_since_a_person_asked = 0
    for row in moves:
        assert row.from_status == status, "the history has a gap"
        status = row.to_status
        if row.name == "retry":
            assert row.person is not None
            accepted_since_a_person_asked = claims_since_a_person_asked = 0
        if row.name in ACCEPTED:
            accepted_since_a_person_asked += 1
        if row.name == "claim":
            # A claim after anything but "nothing was placed" may ring a second time.
            assert not accepted_since_a_person_asked
            claims_since_a_person_asked += 1
        assert accepted_since_a_person_asked <= 1
    assert request.status == status
