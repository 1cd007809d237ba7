"""The verdict: the sandbox's own list of calls, held against the table and what visitors know."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from benchmarks.havoc.visitors import Wish
from callbacks import clock, consent
from callbacks.models import Attempt, CallRequest, Move, Outcome, Reason, Status

MAY_HAVE_RUNG = (Outcome.ACCEPTED, Outcome.UNKNOWN)


class Evidence:
    """All that is known at the end. `calls`: how often each number's phone rang."""

    def __init__(self, wishes: list[Wish], calls: list[dict[str, Any]], begun: datetime) -> None:
        self.wishes, self.begun = wishes, begun
        self.calls = Counter(call["destination"] for call in calls)
        self.rows = list(CallRequest.objects.order_by("pk"))
        self.attempts: dict[int, list[Attempt]] = defaultdict(list)
        for attempt in Attempt.objects.order_by("request_id", "number"):
            self.attempts[attempt.request_id].append(attempt)
        self.moves: dict[int, list[Move]] = defaultdict(list)
        for move in Move.objects.order_by("pk"):
            self.moves[move.request_id].append(move)

    def retries(self, row: CallRequest) -> list[datetime]:
        return [move.at for move in self.moves[row.pk] if move.name == "retry"]


def violations(known: Evidence) -> Iterator[str]:
    """A sentence for each promise that was broken, with the request's id and never its number."""
    yield from _lost(known)
    yield from _unknown(known)
    for row in known.rows:
        for what in (*_twice(known, row), *_untrue(known, row), *_clock(known, row)):
            yield f"{row} ({row.status}): {what}"
    yield from (f"consent proof {problem.proof} {problem.what}" for problem in consent.verify())


def _lost(known: Evidence) -> Iterator[str]:
    rows = {row.token: row for row in known.rows}
    for wish in known.wishes:
        row = rows.get(wish.promised)
        if wish.promised and (row is None or row.number != wish.number):
            yield "a visitor was promised a call and no request says so"
        if wish.was_cancelled and row and row.status != Status.CANCELLED:
            yield f"{row}: its visitor was told that it is cancelled"
        for answer in wish.answers:
            if answer.endswith(" 500"):
                yield f"a visitor got an error page ({answer})"


def _unknown(known: Evidence) -> Iterator[str]:
    numbers = Counter(row.number for row in known.rows)
    for count in numbers.values():
        if count > 1:
            yield f"one form became {count} requests"
    for number in known.calls:
        if number not in numbers:
            yield "a phone rang that nobody asked for"


def _twice(known: Evidence, row: CallRequest) -> Iterator[str]:
    rang, retries = known.calls[row.number], known.retries(row)
    if rang > 1 + len(retries):
        yield f"its phone rang {rang} times, and people asked for it {1 + len(retries)} times"
    sent = [one for one in known.attempts[row.pk] if one.outcome in MAY_HAVE_RUNG]
    for earlier, later in pairwise(sent):
        if not any(earlier.started_at < at <= later.started_at for at in retries):
            yield f"attempt {later.number} came after {earlier.number} without a person between"


def _untrue(known: Evidence, row: CallRequest) -> Iterator[str]:
    """What the state says must be what happened."""
    attempts = known.attempts[row.pk]
    outcomes = Counter(attempt.outcome for attempt in attempts)
    accepted, unknown = outcomes[Outcome.ACCEPTED], outcomes[Outcome.UNKNOWN]
    rang = known.calls[row.number]
    if not accepted <= rang <= accepted + unknown:
        yield f"{accepted} attempts accepted and {unknown} unknown, but its phone rang {rang} times"
    if outcomes[Outcome.PENDING] or row.status in {Status.QUEUED, Status.CALLING}:
        yield "it is not over"
    last = attempts[-1].outcome if attempts else None
    expected = {
        Status.CALLED: last == Outcome.ACCEPTED,
        Status.UNCERTAIN: last == Outcome.UNKNOWN,
        Status.FAILED: row.reason == Reason.TOO_LATE or last == Outcome.REFUSED,
        Status.CANCELLED: row.reason == Reason.BY_VISITOR and last not in MAY_HAVE_RUNG,
    }
    if not expected.get(Status(row.status), True):
        yield f"its last attempt was {last}"


def _clock(known: Evidence, row: CallRequest) -> Iterator[str]:
    """Only the database's clock may have been asked, whatever a machine's own says."""
    attempts, moves = known.attempts[row.pk], known.moves[row.pk]
    if attempts and attempts[-1].started_at >= row.patience_until:
        yield "it was called after its patience had ended"
    if row.reason == Reason.TOO_LATE and row.status_at < row.patience_until:
        yield "it was given up before its patience had ended"
    for times in (
        [known.begun, row.created_at, *(move.at for move in moves), clock.now()],
        [row.created_at, *(attempt.started_at for attempt in attempts), clock.now()],
    ):
        if any(earlier > later for earlier, later in pairwise(times)):
            yield "things happened in an order that they cannot have happened in"


def outcomes(known: Evidence) -> Counter[str]:
    """How the requests ended, and what visitors were told, by name."""
    counts: Counter[str] = Counter()
    for wish in known.wishes:
        told = "promised a call" if wish.promised else "refused" if wish.was_refused else "gave up"
        counts[f"visitors {told}"] += 1
    for row in known.rows:
        why = f" ({row.reason})" if row.reason else ""
        counts[f"requests {row.status}{why}"] += 1
        rang = known.calls[row.number]
        counts[f"phones that rang {rang} times"] += rang != 1
        counts["phones that rang once"] += rang == 1
    for attempts in known.attempts.values():
        for attempt in attempts:
            counts[f"attempts {attempt.outcome}"] += 1
    return counts
