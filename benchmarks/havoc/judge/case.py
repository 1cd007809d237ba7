"""Put the evidence in order: which send belongs to which attempt, and to which wish."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.havoc.judge.evidence import (
    AttemptRow,
    Evidence,
    MoveRow,
    Note,
    PersonAct,
    RequestRow,
    Ring,
    Send,
)


@dataclass(frozen=True)
class Wish:
    """A person asked for one call between `since` and `by`, with a form or by a retry."""

    since: float
    by: float
    is_retry: bool = False


@dataclass
class Answered:
    """What machines sent for one wish; `wish` is None if nobody is known to have asked."""

    wish: Wish | None
    sends: list[Send] = field(default_factory=list)


class Case:
    """The evidence, ordered by request; `strays` are the sends that belong to no attempt."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence, self.settings = evidence, evidence.settings
        self.requests = {row.id: row for row in evidence.requests}
        self.attempts = _by_request(evidence.attempts, lambda row: row.number)
        self.moves = _by_request(evidence.moves, lambda row: row.id)
        self.acts: dict[int, list[PersonAct]] = defaultdict(list)
        for act in sorted(evidence.acts, key=lambda act: act.asked_at):
            if act.request is not None:
                self.acts[act.request].append(act)
        self.rings: dict[int, list[Ring]] = defaultdict(list)
        for ring in evidence.rings:
            self.rings[ring.send].append(ring)
        self.ended_at = max(
            [move.at for move in evidence.moves] + [send.at for send in evidence.sends],
            default=0.0,
        )
        self.notes = self._notes()
        self.wishes = {row.id: self._wishes(row) for row in evidence.requests}
        self.sends: dict[int, list[Send]] = defaultdict(list)
        self.sends_of: dict[tuple[int, int], list[Send]] = defaultdict(list)
        self.attempt_of: dict[int, AttemptRow] = {}
        self.strays: list[Send] = []
        self._match()
        self.answered = {row.id: self._answered(row.id) for row in evidence.requests}

    def sure(self, *times: float) -> bool:
        """Return whether the database's clock was right at all of these times."""
        slack = self.settings.slack
        return not any(
            period.since - slack <= at <= period.until + slack
            for period in self.settings.unsure
            for at in times
        )

    def sure_all_along(self, since: float, until: float) -> bool:
        """Return whether the database's clock was right from `since` to `until`."""
        slack = self.settings.slack
        return not any(
            period.since - slack <= until and since <= period.until + slack
            for period in self.settings.unsure
        )

    def numbers(self, request: int) -> set[str]:
        """Return every number that the request may have had."""
        known = {number for note in self.notes[request] for number in numbers_of(note)}
        return known | {self.requests[request].number} - {""}

    def by(self, act: PersonAct) -> float:
        """Return the time by which the act was done, if it was done at all."""
        if act.is_done and act.done_at is not None:
            return act.done_at
        return act.asked_at + self.settings.act_seconds

    def each(self) -> Iterator[tuple[RequestRow, list[Answered]]]:
        """Yield each request with what was sent for each of its wishes."""
        for row in self.evidence.requests:
            yield row, self.answered[row.id]

    def _notes(self) -> dict[int, list[Note]]:
        promised: dict[str, list[Note]] = defaultdict(list)
        unanswered: dict[tuple[str, str], list[Note]] = defaultdict(list)
        for note in self.evidence.notes:
            if note.promise:
                promised[note.promise].append(note)
            elif note.asked_at is not None and note.refused_at is None:
                unanswered[note.widget, note.number].append(note)
        return {
            row.id: promised[row.token] + unanswered[row.widget, row.number]
            for row in self.evidence.requests
        }

    def _wishes(self, row: RequestRow) -> list[Wish]:
        asked = [note.asked_at for note in self.notes[row.id] if note.asked_at is not None]
        told = [note.promised_at for note in self.notes[row.id] if note.promised_at is not None]
        wishes = []
        if asked:
            by = min(told, default=min(asked) + self.settings.act_seconds)
            wishes.append(Wish(min(asked), max(by, min(asked))))
        wishes += [
            Wish(act.asked_at, self.by(act), is_retry=True)
            for act in self.acts[row.id]
            if act.kind == "retry" and act.is_done is not False
        ]
        return sorted(wishes, key=lambda wish: wish.since)

    def _match(self) -> None:
        by_number: dict[str, list[int]] = defaultdict(list)
        # Erased requests whose token nobody was told: only the widget says whose they may be.
        nameless: dict[str, list[int]] = defaultdict(list)
        for row in self.evidence.requests:
            for number in self.numbers(row.id):
                by_number[number].append(row.id)
            if row.erased_at is not None and not self.notes[row.id]:
                nameless[row.widget].append(row.id)
        for note in self.evidence.notes:
            if not note.promise and note.refused_at is None and note.asked_at is not None:
                by_number[note.number] += nameless[note.widget]
        for send in sorted(self.evidence.sends, key=lambda send: (send.at, send.index)):
            attempt = self._attempt_of(send, by_number[send.destination])
            if attempt is None:
                self.strays.append(send)
                continue
            self.attempt_of[send.index] = attempt
            self.sends[attempt.request].append(send)
            self.sends_of[attempt.request, attempt.number].append(send)

    def _attempt_of(self, send: Send, requests: Iterable[int]) -> AttemptRow | None:
        """Return the most likely attempt for a send, among these requests; None if there is none.

        Possible attempts are those that were under way when the send arrived.
        """
        slack = self.settings.slack

        def is_possible(attempt: AttemptRow) -> bool:
            latest = max(attempt.deadline_at, attempt.ended_at or 0.0) + slack
            in_time = attempt.started_at - slack <= send.at <= latest
            return in_time or not self.sure(send.at, attempt.started_at)

        def unlikeliness(attempt: AttemptRow) -> tuple[bool, bool, bool, float]:
            ended_at = attempt.ended_at or float("inf")
            emails = {note.email for note in self.notes[attempt.request]}
            return (
                bool(emails) and send.email not in emails,
                not attempt.started_at <= send.at <= ended_at,
                attempt.outcome == "not_sent",
                -attempt.started_at,
            )

        possible = [
            attempt
            for request in requests
            for attempt in self.attempts[request]
            if is_possible(attempt)
        ]
        return min(possible, key=unlikeliness, default=None)

    def _answered(self, request: int) -> list[Answered]:
        """Group the sends by wish: a new group starts where a wish came since the last send."""
        wishes = list(self.wishes[request])
        parts: list[Answered] = []
        for send in self.sends[request]:
            wish = _spend(wishes, send.at)
            if wish or not parts:
                parts.append(Answered(wish))
            parts[-1].sends.append(send)
        return parts


def _spend(wishes: list[Wish], until: float) -> Wish | None:
    """Return the wish that explains a send at `until`, and remove it and all earlier ones.

    It is the latest one that was certainly made by then; if none is certain, the earliest that may
    have been. A wish that led to no send is removed too, so that it cannot explain a later send.
    """
    possible = [wish for wish in wishes if wish.since <= until]
    certain = [wish for wish in possible if wish.by <= until]
    taken = certain[-1] if certain else possible[0] if possible else None
    wishes[:] = [wish for wish in wishes if wish.by > until and wish is not taken]
    return taken


def numbers_of(note: Note) -> list[str]:
    """Return the number that a visitor gave, and the numbers to which they corrected it."""
    return [note.number, *(correction.number for correction in note.corrections)]


def _by_request[Row: (AttemptRow, MoveRow)](
    rows: Iterable[Row], key: Callable[[Row], int]
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=key):
        found[row.request].append(row)
    return found
