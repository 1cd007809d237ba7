"""The queue is fair between widgets: start-time fair queueing, as its authors wrote it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callbacks import call_api
from callbacks.core import clock
from callbacks.dispatch import PlaceResult, place_next, record
from callbacks.dispatch.circuit_breaker import Decision, Permission
from callbacks.dispatch.claim import claim_next
from callbacks.dispatch.claimed import Claim
from callbacks.intake import accept, decision
from callbacks.models import Attempt, CallRequest, Status
from callbacks.scheduling.fair_queue import next_position
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_submission, make_widget

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass
class Textbook:
    """Start-time fair queueing, section 2 of the paper; each packet has length 1, each flow rate 1.

    On arrival a packet gets the start tag S = max(v, F of the flow's previous packet) and the
    finish tag F = S + 1. v is the start tag of the packet in service; at the end of a busy period,
    the greatest finish tag of the packets served. Packets are served by start tag. One that waits
    is in service as soon as the one before is complete.
    """

    v: int = 0
    finish: Counter[int] = field(default_factory=Counter)
    served: int = 0
    waiting: list[tuple[int, int, int]] = field(default_factory=list)
    arrivals: int = 0

    def arrive(self, flow: int) -> None:
        start = max(self.v, self.finish[flow])
        self.finish[flow] = start + 1
        self.waiting.append((start, self.arrivals, flow))
        self.arrivals += 1

    def serve(self) -> int:
        """Serve one packet; return its place among the arrivals."""
        packet = min(self.waiting)
        self.waiting.remove(packet)
        self.v = packet[0]
        self.served = max(self.served, packet[0] + 1)
        return packet[1]

    def complete(self) -> None:
        self.v = min(self.waiting)[0] if self.waiting else self.served


@contextmanager
def undone() -> Iterator[None]:
    """Undo what is done within: Hypothesis tries many times in one test."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def join(widget, **fields) -> CallRequest:
    return make_request(widget=widget, queue_position=next_position(widget.pk), **fields)


def accept_one(widget) -> CallRequest:
    index = CallRequest.objects.count()
    return accept.accept(
        make_submission(widget, nonce=f"n{index}", number=f"06123{index:05}")
    ).call_request


def serve_next() -> CallRequest:
    assert place_next(FakeApi()) is PlaceResult.WORKED  # type: ignore[arg-type]
    return Attempt.objects.latest("pk").call_request


@pytest.mark.slow
@pytest.mark.django_db
def test_a_burst_is_served_at_full_load_beside_widgets_that_ask_one_at_a_time(settings):
    settings.PACE_CALLS, settings.PACE_SECONDS = 1, 10.0
    bursting, *others = [make_widget(patience_minutes=15) for _ in range(6)]
    for tick in range(90):
        with clock.set_to(NOW + timedelta(seconds=10 * tick)):
            for widget in others:
                if not CallRequest.objects.filter(widget=widget, status=Status.QUEUED).exists():
                    accept_one(widget)
            if tick == 10:
                for _ in range(10):
                    accept_one(bursting)
            housekeeping.run_round()
            assert place_next(FakeApi()) is PlaceResult.WORKED
    served = CallRequest.objects.filter(widget=bursting).values_list("status", flat=True)
    assert list(served) == [Status.CALLED] * 10


@pytest.mark.long
@pytest.mark.django_db
@given(
    st.lists(
        st.one_of(st.integers(0, 3), st.sampled_from(["serve", "complete"])),
        min_size=1,
        max_size=40,
    )
)
@example([0, "serve", 0, 0, "complete", 1, 1, 1, "serve", 0, "complete", "serve", "complete"])
@example([0, "serve", "complete", 0, 0, 1, "serve", "complete", "serve"])
@example([0, "serve", "complete", 0, "serve", "complete", 1, 1, 0])
@hypothesis_settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_the_order_is_the_textbooks(settings, events):
    settings.PACE_CALLS = 0
    book = Textbook()
    with undone():
        widgets = [make_widget() for _ in range(4)]
        arrived: list[int] = []
        claim = None
        for event in [*events, *["serve", "complete"] * len(events)]:
            if isinstance(event, int):
                arrived.append(join(widgets[event]).pk)
                book.arrive(event)
            elif event == "serve" and claim is None and book.waiting:
                claim = claim_next(Decision(Permission.GO), 10)
                assert isinstance(claim, Claim)
                assert arrived.index(claim.call_request.pk) == book.serve()
            elif event == "complete" and claim is not None:
                record.accepted(claim, call_api.Accepted(200, "ok", answers=(200,)))
                claim = None
                book.complete()
        assert not book.waiting


@pytest.mark.django_db
def test_who_waits_is_served_while_others_ask_again_at_once(settings):
    settings.PACE_CALLS = 0
    patient, *eager = [make_widget() for _ in range(5)]
    for widget in eager:
        join(widget)
    waiting = [join(patient) for _ in range(3)]
    for _ in range(3 * 5):
        served = serve_next().widget
        if served != patient:
            join(served)
    assert not CallRequest.objects.filter(pk__in=[r.pk for r in waiting], status="queued").exists()


@pytest.mark.django_db
def test_a_call_that_is_tried_again_was_served_and_joins_anew(settings):
    settings.PACE_CALLS = 0
    with clock.set_to(NOW):
        call_request, behind = (join(widget) for widget in [make_widget()] * 2)
        place_next(FakeApi(call_api.NotSent()))
    call_request.refresh_from_db()
    assert call_request.queue_position == behind.queue_position + 1
    with clock.set_to(NOW):
        assert next_position(make_widget().pk) == behind.queue_position


@pytest.mark.django_db
def test_a_call_that_was_held_back_keeps_its_turn(settings):
    settings.PACE_CALLS = 0
    call_request, behind = (join(widget) for widget in [make_widget()] * 2)
    claim = claim_next(Decision(Permission.GO), 10)
    record.not_accepted(claim, call_api.HeldBack(code="too_old"))
    call_request.refresh_from_db()
    assert (call_request.status, call_request.queue_position) == (Status.QUEUED, 0)
    assert next_position(call_request.widget_id) == behind.queue_position + 1


@pytest.mark.django_db
@pytest.mark.parametrize("token", [None, call_api.TokenUnavailable()], ids=["call", "no token"])
def test_the_virtual_time_does_not_go_back_for_what_was_not_due(settings, token):
    settings.PACE_CALLS = 0
    busy, late, fresh = (make_widget() for _ in range(3))
    with clock.set_to(NOW):
        join(late, backoff_since=NOW, backoff_until=NOW + timedelta(seconds=60))
        for _ in range(10):
            join(busy)
        for _ in range(8):
            serve_next()
        assert next_position(fresh.pk) == 7
    with clock.set_to(NOW + timedelta(seconds=60)):
        place_next(FakeApi(token=token))
        assert Attempt.objects.latest("pk").call_request.widget == late
        assert next_position(fresh.pk) >= 7


@pytest.mark.django_db
def test_what_leaves_unserved_gives_its_place_back():
    widget = make_widget()
    first, second = join(widget), join(widget)
    CallRequest.objects.filter(pk=second.pk).update(status=Status.CANCELLED)
    assert next_position(widget.pk) == first.queue_position + 1


@pytest.mark.django_db
def test_a_form_lines_up_behind_one_that_came_while_it_was_judged(monkeypatch):
    widget = make_widget()
    judged = decision.objection

    def another_comes_first(*arguments):
        if not CallRequest.objects.exists():
            join(widget)
        return judged(*arguments)

    monkeypatch.setattr(decision, "objection", another_comes_first)
    assert accept_one(widget).queue_position == 1
