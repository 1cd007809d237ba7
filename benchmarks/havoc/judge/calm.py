"""Check that each promised call is placed soon while nothing is broken."""

from collections.abc import Iterator

from benchmarks.havoc.judge import bookings, hours
from benchmarks.havoc.judge.case import Case, Wish
from benchmarks.havoc.judge.evidence import PersonAct, RequestRow
from benchmarks.havoc.judge.histories import is_unclear, is_yes
from benchmarks.havoc.judge.timing import patience


def everybody_is_called_in_calm_times(case: Case) -> Iterator[str]:
    """Check that while nothing is broken, each promised call is placed within the bound."""
    for row in case.evidence.requests:
        widget = case.settings.widgets.get(row.widget)
        if widget is None or not any(note.promise for note in case.notes[row.id]):
            continue
        if bookings.is_in_doubt(case, row):
            continue
        for wish in case.wishes[row.id]:
            # What the visitor chose last counts: a call for an earlier choice would be a send, too.
            start, end = patience(case, row, wish, widget.patience, case.ended_at)
            until = min([end, *_given_up_at(case, row, wish)])
            if widget.hours:
                # It may have ended at closing. `histories` and `bookings` judge whether it might.
                until = min([until, *_expired_at(case, row, wish)])
            if any(
                move.name == "expire" and not case.sure_all_along(wish.since, move.at)
                for move in case.moves[row.id]
            ):
                continue  # it expired by a clock that was ahead
            if late := _late_in_calm(case, row, wish, max(start, wish.by), until):
                yield f"#{row.id}: in calm times it was not called within {late:g} s"


def _late_in_calm(
    case: Case, row: RequestRow, wish: Wish, start: float, until: float
) -> float | None:
    """Return the bound if the request waited longer for a send in a calm period, else None."""
    bound = case.settings.calm_bound
    for calm in case.settings.calm:
        since = max(start, calm.since)
        by = since + bound
        # What did not happen before the end of the run will not happen within the bound either.
        calm_until = float("inf") if calm.until >= case.ended_at else calm.until
        if by > min(calm_until, until) or _was_over(case, row, wish.since, since):
            continue
        if not hours.surely_open(case, row.widget, since, by):
            continue
        # A worker may be faster than the answer to the visitor.
        if not any(wish.since <= send.at <= by for send in case.sends[row.id]):
            return bound
    return None


def _was_over(case: Case, row: RequestRow, start: float, at: float) -> bool:
    """Return whether the wish had already ended, certainly or in doubt."""
    sends = [send for send in case.sends[row.id] if start <= send.at <= at]
    if any(is_yes(send) or is_unclear(send) for send in sends):
        return True
    if len(sends) >= case.settings.most_sends:
        return True
    # A worker that died during a call leaves a doubt, even if it sent nothing.
    attempts = [one for one in case.attempts[row.id] if start <= one.started_at <= at]
    return any(one.outcome in ("unknown", "refused") for one in attempts)


def _given_up_at(case: Case, row: RequestRow, wish: Wish) -> Iterator[float]:
    """Yield the times at which people ended the wait, or may have."""
    ends = ("cancel", "close", "mark_called", "erase", "purge", "hold", "block", "stop")
    numbers = case.numbers(row.id)
    for act in case.evidence.acts:
        holds_all = act.kind == "hold" and act.request is None
        mine = act.request == row.id or act.number in numbers or holds_all or act.kind == "stop"
        counts = case.by(act) > wish.since or _still_blocks(case, act, wish.since)
        if act.kind in ends and mine and act.is_done is not False and counts:
            yield act.asked_at
    for note in case.notes[row.id]:
        # The visitor pressed the button some time before the answer.
        yield from (
            at - case.settings.act_seconds
            for at in (note.cancelled_at, note.blocked_at)
            if at is not None
        )


def _expired_at(case: Case, row: RequestRow, wish: Wish) -> Iterator[float]:
    """Yield the times at which the product gave the wait up."""
    for move in case.moves[row.id]:
        if move.from_status == "queued" and move.to_status == "failed" and move.at > wish.since:
            yield move.at


def _still_blocks(case: Case, act: PersonAct, at: float) -> bool:
    """Return whether a block was still in force at `at`: nobody can have removed it before."""
    return act.kind == "block" and not any(
        other.kind == "unblock"
        and other.number == act.number
        and other.is_done is not False
        and act.asked_at <= other.asked_at <= at
        for other in case.evidence.acts
    )
