"""What people do with a request, and what stops them."""

from datetime import timedelta

import pytest

from callbacks.core import clock
from callbacks.dispatch import place_next
from callbacks.lifecycle import actions, transitions
from callbacks.models import CallRequest, Reason, Status
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db


def test_a_retry_starts_a_new_patience_on_behalf_of_the_person(admin_user):
    old = clock.now() - timedelta(days=1)
    call_request = make_request(
        status=Status.FAILED, reason=Reason.TOO_LATE, patience_until=old, put_off_count=9
    )
    assert actions.retry(call_request, admin_user, note="asked by phone")
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason, call_request.put_off_count) == (
        Status.QUEUED,
        "",
        0,
    )
    assert call_request.retried_by == admin_user
    assert call_request.patience_until > clock.now()
    move = call_request.moves.get()
    assert (move.person, move.note) == (admin_user, "asked by phone")
    place_next(FakeApi())
    assert call_request.attempts.get().person == admin_user


@pytest.mark.parametrize("status", [Status.UNCERTAIN, Status.CALLED])
def test_who_may_have_been_called_is_not_called_again_without_asking(admin_user, status):
    call_request = make_request(status=status)
    with pytest.raises(actions.NeedsConfirmation):
        actions.retry(call_request, admin_user)
    call_request.refresh_from_db()
    assert call_request.status == status
    assert actions.retry(call_request, admin_user, confirmed=True)


def test_of_two_who_retry_at_once_one_is_told(admin_user):
    seen = make_request(status=Status.FAILED)
    other = CallRequest.objects.get(pk=seen.pk)
    assert actions.retry(other, admin_user)
    assert not actions.retry(seen, admin_user)
    assert CallRequest.objects.get().moves.count() == 1


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.CALLING, Status.QUEUED])
def test_what_can_not_be_retried(admin_user, status):
    with pytest.raises(transitions.NotAllowed):
        actions.retry(make_request(status=status), admin_user, confirmed=True)


def test_a_visitor_cancels_while_the_request_waits():
    waiting, calling = make_request(), make_request(status=Status.CALLING)
    assert actions.cancel_by_visitor(waiting)
    assert not actions.cancel_by_visitor(calling)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == (Status.CANCELLED, Reason.BY_VISITOR)
    api = FakeApi()
    place_next(api)
    assert api.calls == []


def test_staff_mark_cancel_and_close(admin_user):
    uncertain, queued, failed = (
        make_request(status=status) for status in (Status.UNCERTAIN, Status.QUEUED, Status.FAILED)
    )
    assert actions.mark_called(uncertain, admin_user)
    assert actions.cancel(queued, admin_user)
    assert actions.close(failed, admin_user)
    assert [r.status for r in (uncertain, queued, failed)] == ["called", "cancelled", "cancelled"]
