"""What people do with a request, and what stops them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from callbacks.abuse import block_list
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.dispatch import place_next
from callbacks.lifecycle import actions, blocking, errors, retrying, transitions
from callbacks.models import (
    Actor,
    Attempt,
    AuditEntry,
    Block,
    CallRequest,
    ConsentEvent,
    Note,
    Outcome,
    Reason,
    Status,
)
from callbacks.worker import tasks
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request
from tests.support.hours.december import TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_retry_starts_a_new_patience_on_behalf_of_the_person(admin_user):
    old = clock.now() - timedelta(days=1)
    call_request = make_request(
        status=Status.FAILED, reason=Reason.TOO_LATE, patience_until=old, put_off_count=9
    )
    assert retrying.retry(call_request, admin_user, note="asked by phone")
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
    with pytest.raises(errors.NeedsCheck):
        retrying.retry(call_request, admin_user)
    call_request.refresh_from_db()
    assert call_request.status == status
    assert retrying.retry(call_request, admin_user, checked=True)


def test_of_two_who_retry_at_once_one_is_told(admin_user):
    seen = make_request(status=Status.FAILED)
    other = CallRequest.objects.get(pk=seen.pk)
    assert retrying.retry(other, admin_user)
    assert not retrying.retry(seen, admin_user)
    assert CallRequest.objects.get().moves.count() == 1


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.CALLING, Status.QUEUED])
def test_what_can_not_be_retried(admin_user, status):
    with pytest.raises(transitions.NotAllowed):
        retrying.retry(make_request(status=status), admin_user, checked=True)


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


def test_a_retry_waits_for_nothing_that_the_request_waited_for_before(admin_user: User) -> None:
    call_request = make_request(
        status=Status.FAILED,
        due_at=NOW + timedelta(days=1),
        is_scheduled=True,
        backoff_until=NOW + timedelta(days=1),
        backoff_since=NOW,
        sends_since_asked=3,
    )
    make_request(widget=call_request.widget, queue_position=7)
    with clock.set_to(NOW):
        assert retrying.retry(call_request, admin_user)
    call_request.refresh_from_db()
    assert (call_request.due_at, call_request.is_scheduled) == (NOW, False)
    assert call_request.patience_until == NOW + call_request.widget.patience
    assert (call_request.backoff_until, call_request.backoff_since) == (None, None)
    assert (call_request.put_off_count, call_request.sends_since_asked) == (0, 0)
    assert call_request.queue_position == 8
    assert AuditEntry.objects.get().action == "request.retry"


@pytest.mark.django_db(transaction=True)
def test_a_retry_notifies_the_workers_and_stands_even_if_that_fails(
    admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    notified: list[str] = []

    def fail() -> None:
        notified.append("now")
        raise OSError("the queue's storage is away")

    monkeypatch.setattr(tasks, "notify_workers", fail)
    call_request = make_request(status=Status.FAILED)
    assert retrying.retry(call_request, admin_user)
    assert notified == ["now"]
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED


def test_what_staff_did_is_told_in_the_history_with_their_words_and_in_the_audit_log(
    admin_user: User,
) -> None:
    done = {
        "request.mark_called": (actions.mark_called, make_request(status=Status.UNCERTAIN)),
        "request.cancel": (actions.cancel, make_request()),
        "request.close": (actions.close, make_request(status=Status.FAILED)),
    }
    for action, (act, call_request) in done.items():
        stale = CallRequest.objects.get(pk=call_request.pk)
        assert act(call_request, admin_user, note=f"note on {action}")
        move = call_request.moves.get()
        assert (move.person, move.reason, move.note) == (
            admin_user,
            Reason.BY_STAFF,
            f"note on {action}",
        )
        assert not act(stale, admin_user)
        assert AuditEntry.objects.filter(action=action).count() == 1


def test_a_move_changes_no_other_request_in_the_same_status(admin_user: User) -> None:
    call_request, other = (make_request(status=Status.FAILED) for _request in range(2))
    assert actions.close(call_request, admin_user)
    other.refresh_from_db()
    assert other.status == Status.FAILED
    assert not other.moves.exists()


def test_a_request_whose_next_try_comes_after_its_patience_expires_at_once() -> None:
    late = NOW + 10 * MINUTE
    soon, never = (
        make_request(patience_until=late, backoff_until=backoff, backoff_since=NOW)
        for backoff in (late - MINUTE, late)
    )
    with clock.set_to(NOW):
        assert not transitions.transition(soon, transitions.EXPIRE, Actor.WORKER)
        assert transitions.transition(never, transitions.EXPIRE, Actor.WORKER)


def test_held_means_that_the_pending_attempt_is_ended_and_nobody_knows_how() -> None:
    call_request, moved = (make_request(status=Status.CALLING, attempts_made=2) for _ in range(2))
    for row in (call_request, moved):
        for number, outcome in [(1, Outcome.REFUSED), (2, Outcome.PENDING)]:
            Attempt.objects.create(
                call_request=row,
                widget=row.widget,
                number=number,
                started_at=NOW,
                deadline_at=NOW,
                outcome=outcome,
            )
    CallRequest.objects.filter(pk=moved.pk).update(status=Status.CALLED)
    with clock.set_to(NOW):
        assert actions.hold(call_request, reason=Reason.RESTORED, note="after the backup")
        assert not actions.hold(moved)
    assert (call_request.status, call_request.reason) == (Status.UNCERTAIN, Reason.RESTORED)
    move = call_request.moves.get()
    assert (move.reason, move.note) == (Reason.RESTORED, "after the backup")
    first, second = call_request.attempts.order_by("number")
    assert (first.outcome, first.ended_at) == (Outcome.REFUSED, None)
    assert (second.outcome, second.code, second.ended_at) == (Outcome.UNKNOWN, "held", NOW)
    assert moved.attempts.get(number=2).outcome == Outcome.PENDING


def test_a_note_is_kept_with_who_wrote_it_and_when_and_told_in_the_audit_log(
    admin_user: User,
) -> None:
    call_request = make_request()
    with clock.set_to(NOW):
        actions.add_note(call_request, admin_user, "  rings at noon \n")
    note = Note.objects.get()
    assert (note.call_request, note.person, note.at) == (call_request, admin_user, NOW)
    assert note.text == "rings at noon"
    assert AuditEntry.objects.get().action == "request.note"
    with pytest.raises(ValueError, match="empty"):
        actions.add_note(call_request, admin_user, "  ")
    erased = make_request()
    erasure.erase(admin_user, call_request=erased)
    with pytest.raises(transitions.NotAllowed):
        actions.add_note(erased, admin_user, "rings at noon")
    assert Note.objects.count() == 1


def test_staff_block_the_number_that_they_saw_and_no_other_with_their_name_and_words(
    admin_user: User,
) -> None:
    call_request, other = make_request(), make_request()
    stale = CallRequest.objects.get(pk=call_request.pk)
    CallRequest.objects.filter(pk=call_request.pk).update(
        number=other.number, number_hash=other.number_hash
    )
    make_request(number=stale.number)  # somebody else's request with the number that was corrected
    assert not blocking.block(stale, admin_user, note="rude")
    assert not Block.objects.exists()
    call_request.refresh_from_db()
    assert blocking.block(call_request, admin_user, note="rude")
    block = Block.objects.get()
    assert (block.author, block.reason) == (admin_user, "rude")
    erasure.erase(admin_user, call_request=call_request)
    call_request.refresh_from_db()
    assert not blocking.block(call_request, admin_user)
    assert not blocking.never_again(stale)
    assert not blocking.undo_never_again(stale)


def test_never_again_is_about_one_request_and_withdraws_its_consent_once() -> None:
    call_request, other = make_request(), make_request()
    seen_before = CallRequest.objects.get(pk=call_request.pk)
    with clock.set_to(NOW):
        assert blocking.never_again(call_request)
        assert not blocking.never_again(seen_before)
        assert not blocking.undo_never_again(other)
    withdrawn = call_request.consent_proofs.filter(event=ConsentEvent.WITHDRAWN)
    assert withdrawn.count() == 1
    assert actions.withdrawn([call_request, other]) == {call_request.pk}
    assert actions.withdrawn([other]) == set()
    other.refresh_from_db()
    assert other.blocked_at is None
    call_request.refresh_from_db()
    assert call_request.blocked_at == NOW  # the second click did not make it later
    stale = CallRequest.objects.get(pk=call_request.pk)
    CallRequest.objects.filter(pk=call_request.pk).update(blocked_at=None)
    with clock.set_to(NOW + MINUTE):
        assert not blocking.undo_never_again(stale)
        assert block_list.is_blocked(number=call_request.number)


def test_a_retry_while_it_is_closed_is_called_at_the_next_opening(admin_user):
    widget = widget_with(**TOWN_HALL, patience_minutes=15)
    call_request = make_request(
        widget=widget,
        status=Status.FAILED,
        reason=Reason.TOO_LATE,
        number="+33612345678",
        consumer_zone="Europe/Paris",
    )
    with clock.set_to(at(1, 20)):
        assert retrying.retry(call_request, admin_user)
        place_next(FakeApi())
    call_request.refresh_from_db()
    assert (call_request.status, call_request.queue_position) == (Status.QUEUED, None)
    assert (call_request.due_at, call_request.patience_until) == (at(2, 9), at(2, 9, 15))
    with clock.set_to(at(2, 9)):
        place_next(FakeApi())
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLED


def test_nothing_is_retried_for_a_widget_that_never_opens_again(admin_user: User) -> None:
    widget = widget_with(opening_hours="2026 Nov 30 09:00-12:00")
    call_request = make_request(widget=widget, status=Status.FAILED)
    with clock.set_to(at(1, 20)), pytest.raises(errors.NeverOpens):
        retrying.retry(call_request, admin_user)
    call_request.refresh_from_db()
    assert call_request.status == Status.FAILED
    assert not AuditEntry.objects.exists()
