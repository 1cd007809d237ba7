"""Check when calls are placed: at the promised pace, in a fair order, and in time."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence

from benchmarks.havoc.judge import bookings, hours
from benchmarks.havoc.judge.case import Case, Wish
from benchmarks.havoc.judge.evidence import RequestRow

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
    """Check that each call is sent before the maximum wait ends, counted from the wish.

    That of a booking is judged only if it is known which time slot it stands in.
    """
    for row, parts in case.each():
        widget = case.settings.widgets.get(row.widget)
        for part in parts:
            if part.wish is None or widget is None or bookings.is_in_doubt(case, row):
                continue
            for send in part.sends:
                started_at = case.attempt_of[send.index].started_at
                if not case.sure(send.at, started_at):
                    continue
                start, end = patience(case, row, part.wish, widget.patience, started_at)
                if send.at > end + case.settings.slack:
                    yield f"#{row.id}: send {send.index} came {send.at - end:.0f} s too late"
                if send.at < start - case.settings.slack:
                    yield f"#{row.id}: send {send.index} came before it was wished for"


def patience(
    case: Case, row: RequestRow, wish: Wish, seconds: float, at: float
) -> tuple[float, float]:
    """Return from when to when the call may be placed, by what the visitor had chosen at `at`.

    The slot of a booking has a rule of its own. After the slot, only staff can have asked again.
    """
    if held := bookings.booked(case, row):
        if not wish.is_retry:
            slots = [one.slot for one in held if one.taken_at <= at] or [held[0].slot]
            return slots[-1].start, slots[-1].end
        if slot := bookings.slot_after_retry(case, row, at):
            return max(wish.since, slot.start), slot.end
    if case.settings.widgets[row.widget].hours:
        return wish.since, hours.waited_out(case, row.widget, wish.by, seconds)
    chosen = [note.not_before for note in case.notes[row.id] if note.not_before is not None]
    return max([wish.since, *chosen]), max([wish.by, *chosen]) + seconds


def something_was_called(case: Case) -> Iterator[str]:
    """Check that phones rang if calls were promised."""
    promised = any(note.promise for note in case.evidence.notes)
    if promised and not case.evidence.rings:
        yield "calls were promised, and no phone rang at all"
