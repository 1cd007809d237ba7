"""Take the model's steps with the product's own functions, and compare after each step.

Each step of the model is one call of the product's function for that step, with the row as its
actor had read it. The clock stands still. Instead, "due", "late" and "overdue" are written into the
row. What a driver remembers (`Hand`) is copied at each step, so that a savepoint and the earlier
hand restore a state.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import copy, deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from callbacks import call_api
from callbacks.call_api import AttemptCode
from callbacks.core import boot_clock, clock, crypto
from callbacks.data_protection import erasure
from callbacks.data_protection import retention as retention_rules
from callbacks.dispatch import last_look, record
from callbacks.dispatch.circuit_breaker import Decision, Permission
from callbacks.dispatch.claim import claim_next
from callbacks.dispatch.claimed import Blocked, Claim
from callbacks.intake import accept, correction, rescheduling, submission
from callbacks.intake import errors as intake_errors
from callbacks.lifecycle import actions, blocking, confirming, errors, retrying
from callbacks.models import Attempt, CallRequest, LimitHit, Move, Reason, Widget
from callbacks.models.attempt import GRACE
from callbacks.scheduling.slots import spelled
from callbacks.worker import left_behind
from tests.support.interleavings import bookings
from tests.support.interleavings.bookings import NOW
from tests.support.interleavings.model import Request, State, Worker
from tests.support.interleavings.steps import Label, World

LATER = timedelta(hours=1)
# How many fields of a row in the model the product knows, too.
KNOWN = Request._fields.index("may_have_rung")
NUMBERS = {"a": "+33612345678", "b": "+33612345679"}
GO = Decision(Permission.GO)
ERRORS = {
    "5xx": lambda turn: call_api.OutcomeUnknown(http_status=(500, 503, 408, 425, 302)[turn % 5]),
    "lost": lambda turn: call_api.OutcomeUnknown(code="timeout"),
    "429": lambda turn: call_api.TryLater(http_status=429),
    "429 beyond patience": lambda turn: call_api.TryLater(http_status=429, retry_after=86_400),
    "4xx": lambda turn: call_api.Refused(http_status=422),
    "401": lambda turn: call_api.CredentialsRefused(http_status=401),
    "not connected": lambda turn: call_api.NotSent(code="connect_failed"),
    "used up": lambda turn: call_api.Refused(code=AttemptCode.SENDS_USED_UP),
}
AGAIN = {"401 of an old token": 401, "307": 307}


@dataclass
class Hand:
    """What the actors remember: claims, their sends, and copies of rows."""

    claims: dict[tuple[int, int], Claim] = field(default_factory=dict)
    answers: dict[tuple[int, int], tuple[int | None, ...]] = field(default_factory=dict)
    results: dict[tuple[int, int], Any] = field(default_factory=dict)
    copies: dict[object, CallRequest] = field(default_factory=dict)


class Driver:
    """Requests of one widget in the database, as many as in the model's state."""

    def __init__(self, state: State, person: User) -> None:
        self.person, self.turn = person, 0
        self.has_slots = any(row.slot for row in state.requests)
        self.widget = (
            bookings.widget_with_slots()
            if self.has_slots
            else Widget.objects.create(name="Shop", originate="scenario")
        )
        self.hand = Hand()
        self.pks = [self._send_form(i).pk for i in range(len(state.requests))]  # type: ignore[union-attr]
        self.moves = 0

    def take(self, label: Label, before: State, world: World) -> None:
        """Take the model's step with the product's functions, and compare all that they wrote."""
        self.turn += 1
        hand = self.hand
        self.hand = Hand(
            dict(hand.claims), dict(hand.answers), dict(hand.results), dict(hand.copies)
        )
        actor, act, place, choice = label
        last = Move.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        if actor in ("worker", "service") or act == "too old":
            self._work(act, choice, before.workers[place], world)
        elif actor == "time":
            self._pass_time(act, self.pks[place])
        elif act == "read":
            self.hand.copies[actor] = self._row(place)
        elif actor == "privacy":
            self._forget(act, before.requests[place], place)
        elif act == "form":
            self._send_form(place)
        elif act == "lose_key":
            self._lose_key(before.requests[place], place)
        else:
            self._act(act, copy(self.hand.copies.pop(actor)))
        self.compare(label, world, last)

    # -- what each actor does ----------------------------------------------------------------------

    def _work(self, act: str, choice: str, worker: Worker, world: World) -> None:
        mine = (worker.request, worker.attempt)
        claims, hand = self.hand.claims, self.hand
        if act == "claim":
            self._claim(int(choice), world)
        elif act == "no token":
            i = int(choice)
            hand.copies[i, len(world.requests[i].attempts)] = self._row(i)
        elif act in ("look and send", "too old"):
            with boot_clock.movable() as move:
                move(60 if act == "too old" else 0)
                code = last_look.at(claims[mine])()
            is_sent = any(after.at == "sent" and _is(after, worker) for after in world.workers)
            assert (code == "") is is_sent, f"the look said {code!r}"
            hand.results[mine] = call_api.HeldBack(code=code)
        elif act == "not connected":
            hand.results[mine] = ERRORS[act](0)
        elif act == "answer":
            self._receive(choice, mine, world, worker)
        elif act in ("record", "record again"):
            if worker.at == "tokenless":
                error = call_api.TokenUnavailable(http_status=502)
                record.no_token(copy(hand.copies[mine]), error, "worker", "service")
                return
            claim, result = deepcopy(claims[mine]), copy(hand.results[mine])
            answers = hand.answers.get(mine, ())
            if isinstance(result, call_api.CallApiError):
                result.answers = answers
                record.not_accepted(claim, result)
            else:
                record.accepted(claim, call_api.Accepted(200, "ok", answers))

    def _claim(self, i: int, world: World) -> None:
        CallRequest.objects.update(queue_position=1)
        CallRequest.objects.filter(pk=self.pks[i]).update(queue_position=0)
        claim = claim_next(GO, 10)
        if any(move[1] in ("cancel", "set_aside") for move in world.moves):
            assert isinstance(claim, Blocked)
            return
        assert isinstance(claim, Claim)
        self.hand.claims[i, claim.attempt] = claim

    def _receive(self, answer: str, mine: tuple[int, int], world: World, worker: Worker) -> None:
        result = None if answer in AGAIN else "2xx"
        status: int | None = AGAIN.get(answer, 200)
        if answer in ERRORS:
            result = ERRORS[answer](self.turn)  # type: ignore[assignment]
            status = result.http_status  # type: ignore[union-attr]
        elif any(after.answer == "used up" and _is(after, worker) for after in world.workers):
            result = ERRORS["used up"](0)  # type: ignore[assignment]
        self.hand.answers[mine] = (*self.hand.answers.get(mine, ()), status)
        self.hand.results[mine] = result
        left = self.hand.claims[mine].sends_left - len(self.hand.answers[mine])
        assert (left <= 0 and answer in AGAIN) is (
            isinstance(result, call_api.Refused) and result.code == AttemptCode.SENDS_USED_UP  # type: ignore[unreachable]
        )

    def _pass_time(self, fact: str, pk: int) -> None:
        rows = CallRequest.objects.filter(pk=pk)
        row = rows.select_related("widget").get() if self.has_slots else None
        if fact == "due":
            rows.update(backoff_until=NOW)
            if row and row.due_at > NOW:
                self.hand = deepcopy(self.hand)
                bookings.begin(row, self.hand.copies.values())
        elif fact == "outside":
            assert row
            bookings.change_hours(row)
        elif fact == "late":
            until = rows.values_list("patience_until", flat=True).get()
            rows.update(patience_until=NOW, **({"slot_end": NOW} if row else {}))
            # An actor that has read the row knows when its patience ends.
            self.hand = deepcopy(self.hand)
            claimed = [claim.call_request for claim in self.hand.claims.values()]
            for seen in (*self.hand.copies.values(), *claimed):
                if seen.pk == pk and seen.__dict__.get("patience_until") == until:
                    seen.patience_until = NOW
        else:
            pending = Attempt.objects.filter(call_request=pk, outcome="pending")
            pending.update(deadline_at=NOW - GRACE)

    def _act(self, act: str, seen: CallRequest) -> None:
        if act == "housekeeping_acts":
            if seen.status == "queued":
                left_behind.expire(seen)
            else:
                left_behind.mark_uncertain(seen, NOW)
        elif act == "retry":
            retrying.retry(seen, self.person, checked=True)
        elif act in ("mark_called", "staff_cancel", "close"):
            getattr(actions, act.removeprefix("staff_"))(seen, self.person)
        elif act == "visitor_cancel":
            actions.cancel_by_visitor(seen)
        elif act == "never_again":
            blocking.never_again(seen)
        elif act == "correct":
            self._ask_intake(lambda: correction.correct_number(seen, NUMBERS["b"]))
        elif act == "confirm":
            with suppress(errors.NothingToConfirm):
                confirming.confirm(seen, self.person)
        elif act in ("staff_reschedule", "visitor_reschedule"):
            self._reschedule(seen, self.person if act == "staff_reschedule" else None)
        else:
            assert act == "hold"
            actions.hold(seen, reason=Reason.RESTORED)

    def _reschedule(self, seen: CallRequest, person: User | None) -> None:
        """Move the booking to the other slot. The hours cover it now, if it is not its own."""
        to = bookings.AHEAD[3 - bookings.slot_from(seen.slot_start)]
        row = CallRequest.objects.select_related("widget").get(pk=seen.pk)
        was_outside = bookings.is_outside(row)
        bookings.cover(self.widget, to)
        done = self._ask_intake(lambda: rescheduling.reschedule(seen, spelled(to), person=person))
        if was_outside and not done:
            bookings.change_hours(row)

    def _forget(self, act: str, row: Request, place: int) -> None:
        if act == "retain":
            rows = CallRequest.objects.filter(pk=self.pks[place])
            rows.update(created_at=NOW - timedelta(days=3000))
            retention_rules.purge(NOW)
            rows.update(created_at=NOW)
        elif row.number:
            with suppress(erasure.CallUnderWay):
                erasure.erase(self.person, number=NUMBERS[row.number])

    def _lose_key(self, row: Request, place: int) -> None:
        if row.number:
            damaged = crypto.Unreadable(f"{crypto.PREFIX}damaged")
            CallRequest.objects.filter(pk=self.pks[place]).update(number=damaged)

    def _send_form(self, i: int) -> CallRequest | None:
        sent = submission.Submission(
            self.widget,
            f"form-{i}",
            NUMBERS["a"],
            "jo@example.fr",
            "fr",
            True,
            "Call me.",
            when=spelled(bookings.AHEAD[1]) if self.has_slots else "",
        )
        accepted = self._ask_intake(lambda: accept.accept(sent))
        assert accepted is None or not accepted.is_new or len(getattr(self, "pks", [])) <= i
        return accepted and accepted.call_request

    def _ask_intake(self, ask: Any) -> Any:
        LimitHit.objects.all().delete()
        try:
            return ask()
        except intake_errors.Refused:
            return None

    def _row(self, i: int) -> CallRequest:
        return CallRequest.objects.select_related("widget").get(pk=self.pks[i])

    # -- comparing ---------------------------------------------------------------------------------

    def compare(self, label: Label, world: World, last_move: int) -> None:
        """Check that the rows, attempts and moves after this step are those of the model."""
        after = world.state()
        made = Move.objects.filter(pk__gt=last_move).order_by("pk")
        found = [(self.pks.index(move.call_request_id), move.name, move.actor) for move in made]
        assert found == world.moves, f"{label}: moves {found}, not {world.moves}"
        for i, row in enumerate(after.requests):
            seen = self._seen(i, row)
            expected = row[:KNOWN]
            assert seen == expected, f"request {i} after {label}: {seen}, not {expected}"

    def _seen(self, i: int, model: Request) -> tuple[Any, ...]:
        row = CallRequest.objects.get(pk=self.pks[i])
        attempts = list(row.attempts.order_by("number"))
        assert row.attempts_made == len(attempts)
        is_readable = not crypto.is_unreadable(row.number)
        is_open = row.status in ("queued", "calling")
        numbers = {number: name for name, number in NUMBERS.items()} | {"": ""}
        pending = [attempt for attempt in attempts if attempt.outcome == "pending"]
        return (
            row.status,
            tuple(attempt.outcome for attempt in attempts),
            numbers[row.number] if is_readable else model.number,
            max(row.backoff_until or NOW, row.due_at) <= NOW
            if row.status == "queued"
            else model.due,
            row.patience_until <= NOW if is_open else model.late,
            pending[0].deadline_at <= NOW - GRACE if pending else False,
            row.erased_at is not None,
            row.sends_since_asked if is_open else model.sends,
            is_readable,
            bookings.slot_from(row.slot_start) if is_open else model.slot,
            bookings.is_outside(row) if is_open else model.outside,
            bookings.slot_from(row.confirmed_for) if is_open else model.confirmed,
            bool(actions.withdrawn([row])),
        )


def _is(after: Worker, before: Worker) -> bool:
    return (after.request, after.attempt) == (before.request, before.attempt)


@contextmanager
def stand_still() -> Iterator[None]:
    """Stop the database's clock and the machine's; only a sleep still moves the machine's."""
    with pytest.MonkeyPatch.context() as patch, clock.set_to(NOW):
        patch.setattr(boot_clock, "now", lambda: 1000 + boot_clock._moved_by_a_test)
        yield
