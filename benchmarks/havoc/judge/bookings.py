"""Check what is promised about opening hours and time slots."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.havoc.judge import hours
from benchmarks.havoc.judge.case import Case
from benchmarks.havoc.judge.evidence import MoveRow, Note, RequestRow, Slot

# The time of a move is read before it is committed.
READ_BEFORE = 0.05


@dataclass(frozen=True)
class Held:
    """A place in a slot that a request holds: certainly from `since` until `until`.

    It may have held it from `taken_at` on.
    """

    slot: Slot
    taken_at: float
    since: float
    until: float


def nobody_is_called_outside_the_hours(case: Case) -> Iterator[str]:
    """Check that each send comes while its widget is open, by the hours that stood then.

    A member of staff may have confirmed a booking outside the hours.
    """
    for row in case.evidence.requests:
        widget = case.settings.widgets.get(row.widget)
        if widget is None or not widget.hours:
            continue
        for send in case.sends[row.id]:
            if _is_confirmed(case, row, send.at) or not case.sure(send.at):
                continue
            if not hours.may_be_open(case, row.widget, send.at):
                yield f"#{row.id}: send {send.index} came while its widget was closed"


def nobody_is_called_outside_their_slot(case: Case) -> Iterator[str]:
    """Check that each send for a booking comes inside its time slot.

    After a retry, it comes inside the slot only if the slot had not begun when staff asked.
    """
    slack = case.settings.slack
    for row, parts in case.each():
        held = booked(case, row)
        for part in parts:
            if not held or part.wish is None:
                continue
            for send in part.sends:
                attempt = case.attempt_of[send.index]
                if not case.sure(send.at, attempt.started_at):
                    continue
                if part.wish.is_retry:
                    slot = slot_after_retry(case, row, attempt.started_at)
                    slots = [slot] if slot and part.wish.by < slot.start else []
                else:
                    slots = [one.slot for one in held if one.taken_at <= attempt.started_at][-1:]
                for slot in slots:
                    if not slot.start - slack <= send.at < slot.end + slack:
                        yield f"#{row.id}: send {send.index} came outside its time slot"


def no_slot_is_overfull(case: Case) -> Iterator[str]:
    """Check that no more requests hold a place than there are, at any moment that can be judged.

    A retry by staff may take a place too many. So what is held after one does not count.
    """
    by_widget: dict[str, list[Held]] = {}
    for row in case.evidence.requests:
        by_widget.setdefault(row.widget, []).extend(booked(case, row))
    for public_id, held in by_widget.items():
        widget = case.settings.widgets.get(public_id)
        if widget is None or widget.slot_capacity is None:
            continue
        for one in held:
            # The number grows only when somebody takes a place.
            at = one.since
            together = [
                other
                for other in held
                if other.since <= at < other.until
                and other.slot.start < one.slot.end
                and one.slot.start < other.slot.end
            ]
            if at < one.until and len(together) > widget.slot_capacity:
                yield (
                    f"{len(together)} requests hold a place in one time slot of a widget, there"
                    f" are {widget.slot_capacity}"
                )


def bookings_are_what_was_chosen(case: Case) -> Iterator[str]:
    """Check that a request stands in the slot that its visitor chose, and only they move it."""
    for row in case.evidence.requests:
        moves = _reschedules(case, row)
        asked = [moved for note in case.notes[row.id] for moved in note.moved]
        for move in moves:
            if not case.sure(move.at):
                continue
            if not any(moved.asked_at - case.settings.slack <= move.at for moved in asked):
                yield f"#{row.id}: it was moved to another time, and its visitor did not ask"
        held = booked(case, row)
        retried = any(move.name == "retry" for move in case.moves[row.id])
        if held and not retried and row.erased_at is None and row.slot != held[-1].slot:
            yield f"#{row.id}: it stands in another time slot than its visitor chose"


def bookings_are_not_dropped(case: Case) -> Iterator[str]:
    """Check that a booking fails as closed only if it is outside the hours, and at its end."""
    slack = case.settings.slack
    for row in case.evidence.requests:
        held = booked(case, row)
        if _retried_at(case, row) < float("inf"):
            continue
        for move in case.moves[row.id]:
            if move.to_status != "failed" or not case.sure(move.at) or not _has_hours(case, row):
                continue
            slots = [one.slot for one in held if one.taken_at <= move.at][-1:]
            if move.reason == "closed" and not slots:
                yield f"#{row.id}: it failed as closed, and its widget opens again"
            for slot in slots:
                yield from _why_it_failed(case, row, move, slot, slack)


def _why_it_failed(
    case: Case, row: RequestRow, move: MoveRow, slot: Slot, slack: float
) -> Iterator[str]:
    widget = case.settings.widgets[row.widget]
    inside = {
        hours.is_inside(widget, text, slot.start, slot.end)
        for text in hours.standing(case, row.widget, move.at - slack, move.at + slack)
    }
    if move.reason == "closed":
        if move.at < slot.end - slack:
            yield f"#{row.id}: its booking was dropped before its time slot had ended"
        if inside == {True}:
            yield f"#{row.id}: it failed as closed, and its time slot is inside the hours"
    elif (
        move.reason == "too_late"
        and move.at >= slot.end
        and inside == {False}
        and not _is_confirmed(case, row, move.at)
    ):
        yield f"#{row.id}: nobody is told that its time slot was outside the hours"


def booked(case: Case, row: RequestRow) -> list[Held]:
    """Return the places that the request held, one after the other, until staff retried it.

    Nothing is returned if what the visitor did leaves in doubt which slots they were.
    """
    note = _form(case, row)
    if note is None or note.slot is None:
        return []
    moves = _reschedules(case, row)
    if len(moves) > len(note.moved):
        return []
    chosen = [note.slot, *(moved.slot for moved in note.moved[: len(moves)])]
    taken = [row.created_at, *(move.at for move in moves)]
    # Those who were told know that the place is theirs. Without an answer, nobody knows since when.
    told = [note.promised_at, *(moved.told_at for moved in note.moved[: len(moves)])]
    given_back = [move.at for move in moves] + [_end(case, row)]
    return [
        Held(slot, at, max(by, at) if by is not None else float("inf"), until - READ_BEFORE)
        for slot, at, by, until in zip(chosen, taken, told, given_back, strict=True)
    ]


def is_in_doubt(case: Case, row: RequestRow) -> bool:
    """Return whether the visitor chose a time slot, and nobody knows which one counts."""
    note = _form(case, row)
    chose = note.slot is not None if note else bool(case.notes[row.id])
    return chose and not booked(case, row)


def _form(case: Case, row: RequestRow) -> Note | None:
    """Return the form that led to the request, or None if it may be one of several.

    The form of a promise is the one. Another that the visitor sent, and got no answer to, led to
    nothing. Without a promise, forms for the same time count as one.
    """
    notes = case.notes[row.id]
    led_to_it = [note for note in notes if note.promise] or notes
    return led_to_it[0] if len({note.slot for note in led_to_it}) == 1 else None


def slot_after_retry(case: Case, row: RequestRow, at: float) -> Slot | None:
    """Return the slot for which a request that staff retried surely stood at `at`, or None.

    A retry may take the slot away. The row tells only the last slot, from when it was chosen on.
    """
    moved = [move.at for move in _reschedules(case, row)]
    return row.slot if not moved or moved[-1] <= at else None


def _end(case: Case, row: RequestRow) -> float:
    """Return when the request gave its last place back, or may have."""
    ends = [
        move.at
        for move in case.moves[row.id]
        if move.to_status in ("failed", "cancelled") or not case.sure(move.at)
    ]
    erased = [row.erased_at] if row.erased_at is not None else []
    return min([*ends, *erased, _retried_at(case, row)], default=float("inf"))


def _is_confirmed(case: Case, row: RequestRow, at: float) -> bool:
    """Return whether staff may have confirmed the booking for the time that it has at `at`.

    Moving it to another time takes the confirmation away.
    """
    moved_at = max((move.at for move in _reschedules(case, row) if move.at <= at), default=0.0)
    return any(
        act.kind == "confirm"
        and act.is_done is not False
        and act.asked_at <= at
        and case.by(act) >= moved_at
        for act in case.acts[row.id]
    )


def _retried_at(case: Case, row: RequestRow) -> float:
    return min(
        (move.at for move in case.moves[row.id] if move.name == "retry"), default=float("inf")
    )


def _reschedules(case: Case, row: RequestRow) -> list[MoveRow]:
    return [move for move in case.moves[row.id] if move.name == "reschedule"]


def _has_hours(case: Case, row: RequestRow) -> bool:
    widget = case.settings.widgets.get(row.widget)
    return widget is not None and bool(widget.hours)
