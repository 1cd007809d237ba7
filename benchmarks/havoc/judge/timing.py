"""Check when calls are placed: at the promised pace, in a fair order, in time, and at all."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence

from benchmarks.havoc.judge import bookings, hours
from benchmarks.havoc.judge.case import Case, Wish
from benchmarks.havoc.judge.evidence import PersonAct, RequestRow
from benchmarks.havoc.judge.histories import is_unclear, is_yes

# Seconds. The time of a claim, and the time by which the pace counts it, come from two statements.
PACE_TOLERANCE = 0.05
# A send may come `Settings.claim_age` after its claim. So sends are counted in longer windows: the
# window of the pace, times this.
SEND_WINDOWS = 10


def claims_keep_the_pace(case: Case) -> Iterator[str]:
    """Check that no window has more claims than the pace of the account or widget allows."""
    settings = case.settings
    claims: dict[str, list[float]] = defaultdict(list)
    for row in case.evidence.requests:
        claims[row.widget] += [
            move.at
            for move in case.moves[row.id]
            if move.to_status == "calling" and case.sure(move.at)
        ]
    if settings.pace_calls:
        every = [at for times in claims.values() for at in times]
        window = settings.pace_seconds - PACE_TOLERANCE
        if many := _most_within(every, window, settings.pace_calls):
            yield f"{many} claims within {window:g} s, {settings.pace_calls} are promised"
    for name, widget in settings.widgets.items():
        per_minute = widget.calls_per_minute
        if per_minute and (many := _most_within(claims[name], 60 - PACE_TOLERANCE, per_minute)):
            yield f"{many} claims of one widget within a minute, {per_minute} are promised"


def sends_keep_the_pace(case: Case) -> Iterator[str]:
    """Check the pace as the sandbox saw it; each attempt counts once."""
    settings = case.settings
    seen: set[tuple[int, int]] = set()
    times = []
    for send in sorted(case.evidence.sends, key=lambda send: send.at):
        attempt = case.attempt_of.get(send.index)
        key = (attempt.request, attempt.number) if attempt else (0, send.index)
        if key not in seen and case.sure(send.at):
            seen.add(key)
            times.append(send.at)
    if settings.pace_calls:
        window = settings.pace_seconds * SEND_WINDOWS
        # Claims made in the window, and claims made before it but sent in it.
        share = (window + settings.claim_age) / settings.pace_seconds
        most = round(settings.pace_calls * (share + 1))
        if many := _most_within(times, window, most):
            yield f"{many} sends within {window:g} s, {most} at most are promised"


def _most_within(times: list[float], window: float, most: int) -> int:
    """Return the largest number of times within one window if it exceeds `most`, else 0."""
    times = sorted(times)
    found = max(
        (bisect_left(times, at + window) - place for place, at in enumerate(times)), default=0
    )
    return found if found > most else 0


def no_widget_waits_behind_another(case: Case) -> Iterator[str]:
    """Check that while a request waits, no other widget is served much more often than its own.

    A request that left the queue without a call still counts for its widget. That is also true if
    it left earlier, because requests that were behind it may still be waiting.
    """
    bound = case.settings.fairness
    claims: dict[str, list[float]] = defaultdict(list)
    gone: dict[str, list[float]] = defaultdict(list)
    for row in case.evidence.requests:
        for move in case.moves[row.id]:
            if move.to_status == "calling":
                claims[row.widget].append(move.at)
            elif move.from_status == "queued":
                gone[row.widget].append(move.at)
    for times in (*claims.values(), *gone.values()):
        times.sort()
    for row in case.evidence.requests:
        first = _first_claim_after_plain_waiting(case, row)
        if first is None:
            continue
        since, until = first
        counts = {name: _count(times, since, until) for name, times in claims.items()}
        patience = case.settings.widgets[row.widget].patience
        own = counts.pop(row.widget) + _count(gone[row.widget], since - patience, until)
        for count in counts.values():
            if count > own + bound:
                yield (
                    f"#{row.id}: while it waited {until - since:.0f} s, another widget was served"
                    f" {count} times and its own {own} times"
                )


def _first_claim_after_plain_waiting(case: Case, row: RequestRow) -> tuple[float, float] | None:
    """Return from when to when the request waited for its first claim, if it was always due."""
    widget = case.settings.widgets.get(row.widget)
    held_back = (
        widget is None
        or widget.calls_per_minute
        or widget.simultaneous_calls
        or widget.hours  # while it is closed, nothing is due
    )
    moves, wishes = case.moves[row.id], case.wishes[row.id]
    scheduled = any(note.not_before is not None for note in case.notes[row.id])
    if held_back or scheduled or not moves or not wishes or moves[0].to_status != "calling":
        return None
    claimed_at = moves[0].at
    first = case.attempts[row.id][:1]
    # Delayed without a claim, because there was no token: it was not always due.
    if first and first[0].started_at < claimed_at - PACE_TOLERANCE:
        return None
    since = wishes[0].by
    return (since, claimed_at) if since < claimed_at and case.sure(since, claimed_at) else None


def _count(times: Sequence[float], since: float, until: float) -> int:
    return max(bisect_left(times, until) - bisect_right(times, since), 0)


def calls_come_in_time(case: Case) -> Iterator[str]:
    """Check that each call is sent before the maximum wait ends, counted from the wish."""
    for row, parts in case.each():
        widget = case.settings.widgets.get(row.widget)
        for part in parts:
            if part.wish is None or widget is None:
                continue
            start, end = _patience(case, row, part.wish, widget.patience)
            for send in part.sends:
                if send.at > end + case.settings.slack and case.sure(send.at):
                    yield f"#{row.id}: send {send.index} came {send.at - end:.0f} s too late"
                if send.at < start - case.settings.slack:
                    yield f"#{row.id}: send {send.index} came before it was wished for"


def _patience(case: Case, row: RequestRow, wish: Wish, patience: float) -> tuple[float, float]:
    """Return from when to when the call may be placed.

    The slot of a booking has a rule of its own. After the slot, only staff can have asked again.
    """
    if held := bookings.booked(case, row):
        slots = [one.slot for one in held]
        if not wish.is_retry:
            return min(slot.start for slot in slots), max(slot.end for slot in slots)
        if row.slot:
            return max(wish.since, row.slot.start), row.slot.end
    if case.settings.widgets[row.widget].hours:
        return wish.since, hours.waited_out(case, row.widget, wish.by, patience)
    chosen = [note.not_before for note in case.notes[row.id] if note.not_before is not None]
    return max([wish.since, *chosen]), max([wish.by, *chosen]) + patience


def everybody_is_called_in_calm_times(case: Case) -> Iterator[str]:
    """Check that while nothing is broken, each promised call is placed within the bound."""
    for row in case.evidence.requests:
        widget = case.settings.widgets.get(row.widget)
        if widget is None or not any(note.promise for note in case.notes[row.id]):
            continue
        for wish in case.wishes[row.id]:
            start, end = _patience(case, row, wish, widget.patience)
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


def something_was_called(case: Case) -> Iterator[str]:
    """Check that phones rang if calls were promised."""
    promised = any(note.promise for note in case.evidence.notes)
    if promised and not case.evidence.rings:
        yield "calls were promised, and no phone rang at all"
