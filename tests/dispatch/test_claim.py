"""Which request is claimed, when, and by how many."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from callbacks.core import clock, database
from callbacks.dispatch import PlaceResult, call_switch, claim, place_next
from callbacks.lifecycle import transitions
from callbacks.models import Actor, Attempt, CallControl, CallRequest, CircuitState, Status
from callbacks.scheduling.fair_queue import next_position
from tests.support.call_service.fake_api import FakeApi
from tests.support.concurrency import begin, concurrently
from tests.support.factories import make_request, make_widget

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"due_at": NOW + timedelta(seconds=1)},
        {"backoff_until": NOW + timedelta(seconds=1), "backoff_since": NOW},
        {"patience_until": NOW},
        {"number": ""},
        *({"status": status} for status in Status if status != Status.QUEUED),
    ],
)
def test_what_is_not_due_is_not_claimed(fields):
    with clock.set_to(NOW):
        make_request(**fields)
        api = FakeApi()
        assert place_next(api) is PlaceResult.IDLE
    assert api.calls == []


@pytest.mark.django_db
def test_the_claim_is_in_the_database_before_anything_is_sent():
    call_request = make_request()
    seen = []

    def answer():
        call_request.refresh_from_db()
        seen.append((call_request.status, call_request.attempts.get().outcome))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        place_next(FakeApi(answer))
    assert seen == [("calling", "pending")]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_inside_a_transaction():
    make_request()
    inside = []

    def answer():
        inside.append(connection.in_atomic_block)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        place_next(FakeApi(answer))
    assert inside == [False]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "happens",
    [
        lambda request: transitions.transition(request, transitions.CANCEL, Actor.VISITOR),
        lambda request: CallRequest.objects.filter(pk=request.pk).update(attempts_made=1),
        lambda request: CallRequest.objects.filter(pk=request.pk).update(patience_until=NOW),
        lambda request: CallRequest.objects.filter(pk=request.pk).update(
            backoff_until=clock.now() + timedelta(minutes=1), backoff_since=clock.now()
        ),
        lambda request: CallRequest.objects.filter(pk=request.pk).update(number=""),
    ],
    ids=["cancelled", "attempted", "too late", "put off", "without a number"],
)
def test_nothing_is_kept_or_sent_when_the_row_changes_before_its_claim(happens, monkeypatch):
    request = make_request()
    really = claim.pick

    def pick(candidate, **options):
        assert candidate is not None
        happens(CallRequest.objects.get(pk=candidate.pk))
        return really(candidate, **options)

    monkeypatch.setattr(claim, "pick", pick)
    api = FakeApi()
    assert place_next(api) is PlaceResult.IDLE
    assert api.calls == []
    assert not Attempt.objects.exists()
    request.refresh_from_db()
    assert request.status != Status.CALLING


@pytest.mark.django_db
def test_the_database_refuses_a_second_attempt_under_way():
    call_request = make_request(status=Status.CALLING, attempts_made=1)
    fields = {
        "call_request": call_request,
        "widget": call_request.widget,
        "started_at": NOW,
        "deadline_at": NOW,
    }
    Attempt.objects.create(number=1, **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(number=2, **fields)


@pytest.mark.django_db
def test_the_attempt_names_worker_service_and_the_person_who_asked(admin_user):
    call_request = make_request(retried_by=admin_user)
    place_next(FakeApi())
    attempt = call_request.attempts.get()
    assert attempt.person == admin_user
    assert attempt.service == "127.0.0.1:9"
    assert attempt.worker


@pytest.mark.django_db
def test_nothing_is_claimed_while_calls_are_stopped():
    make_request()
    call_switch.stop("anne")
    api = FakeApi()
    assert place_next(api) is PlaceResult.IDLE
    assert api.calls == []
    call_switch.resume("anne")
    assert place_next(api) is PlaceResult.WORKED


@pytest.mark.django_db
def test_a_burst_of_one_widget_does_not_starve_another(settings):
    settings.PACE_CALLS = 0
    busy, quiet = make_widget(), make_widget()
    burst = [
        make_request(widget=busy, queue_position=queue_position) for queue_position in range(1, 6)
    ]
    api = FakeApi()
    place_next(api)
    # The quiet widget's first request joins where the queue stands, not behind the burst.
    late = make_request(widget=quiet, queue_position=next_position(quiet.pk))
    assert late.queue_position < burst[-1].queue_position
    place_next(api)
    place_next(api)
    assert late.number in [call["destination"] for call in api.calls]


@pytest.mark.django_db
def test_no_more_calls_start_than_the_pace_allows(settings):
    settings.PACE_CALLS, settings.PACE_SECONDS = 2, 10.0
    for _ in range(3):
        make_request(due_at=NOW, patience_until=NOW + timedelta(hours=1))
    api = FakeApi()
    with clock.set_to(NOW):
        assert [place_next(api) for _ in range(3)] == [
            PlaceResult.WORKED,
            PlaceResult.WORKED,
            PlaceResult.IDLE,
        ]
    with clock.set_to(NOW + timedelta(seconds=9.9)):
        assert place_next(api) is PlaceResult.IDLE
    with clock.set_to(NOW + timedelta(seconds=10)):
        assert place_next(api) is PlaceResult.WORKED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pace", [0, 7])
def test_many_workers_claim_each_request_once(settings, pace):
    settings.PACE_CALLS, settings.PACE_SECONDS = pace, 3600.0
    requests = [make_request() for _ in range(20)]
    api = FakeApi()

    def work(_):
        while place_next(api) is PlaceResult.WORKED:
            pass

    concurrently(8, work)
    dialled = [call["destination"] for call in api.calls]
    assert len(dialled) == len(set(dialled)) == (pace or len(requests))
    assert Attempt.objects.count() == len(dialled)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [{"circuit": CircuitState.OPEN}, {"stopped_at": NOW}])
def test_a_claim_that_waited_for_the_pace_sees_what_stopped_calls_meanwhile(change):
    call_switch.current()
    make_request()
    with transaction.atomic():
        database.lock(["pace"])
        waiting = begin(lambda: claim.claim_at_once(10))
        assert not waiting.done()
        CallControl.objects.update(**change)
    work, claimed = waiting.result()
    assert (work.is_due, claimed) == (True, None)
    assert not Attempt.objects.exists()
