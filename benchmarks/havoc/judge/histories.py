"""Check that a request's status and history say what really happened."""

from collections.abc import Iterator
from itertools import pairwise

from benchmarks.havoc.judge.case import Case
from benchmarks.havoc.judge.evidence import AttemptRow, RequestRow, Send
from benchmarks.havoc.judge.hours import surely_open

# After a status in `MAYBE_ERRORS`, a 5xx, a 1xx or no readable answer, a phone may have rung.
TWO_HUNDREDS = range(200, 300)
MAYBE_ERRORS = (408, 425, 301, 302, 303)


def is_yes(send: Send) -> bool:
    return send.status in TWO_HUNDREDS


def is_unclear(send: Send) -> bool:
    """Return whether nobody can tell from the answer if a call was placed."""
    if send.status is None or send.status in MAYBE_ERRORS:
        return True
    return send.status >= 500 or send.status < 200


def moves_follow_each_other(case: Case) -> Iterator[str]:
    """Check that a history starts at "queued", has no gap, and ends at the current status."""
    for row in case.evidence.requests:
        status, at = "queued", row.created_at
        for move in case.moves[row.id]:
            if move.from_status != status:
                yield f"#{row.id}: {move.name} is from {move.from_status}, it was {status}"
            if move.at < at - 0.01 and case.sure(move.at, at):
                yield f"#{row.id}: {move.name} is older than what was before it"
            status, at = move.to_status, move.at
        if status != row.status:
            yield f"#{row.id}: it is {row.status}, its history ends with {status}"


def only_people_let_it_wait_again(case: Case) -> Iterator[str]:
    """Check that only a person puts a request back in the queue, and never a cancelled one."""
    for row in case.evidence.requests:
        retries = [
            act for act in case.acts[row.id] if act.kind == "retry" and act.is_done is not False
        ]
        moves = case.moves[row.id]
        for move in moves:
            if move.from_status == "cancelled":
                yield f"#{row.id}: {move.name} after it was cancelled"
            if move.to_status == "calling" and move.from_status != "queued":
                yield f"#{row.id}: claimed while it was {move.from_status}"
        again = [
            move
            for move in moves
            if move.to_status == "queued" and move.from_status in ("called", "failed", "uncertain")
        ]
        for move in again:
            if move.actor != "staff" or not any(
                act.by == move.person
                and (
                    not case.sure_all_along(act.asked_at, max(act.asked_at, case.by(act)))
                    or (
                        act.asked_at - case.settings.slack <= move.at
                        and move.at <= case.by(act) + case.settings.slack
                    )
                )
                for act in retries
            ):
                if not case.sure(move.at) and move.actor == "staff":
                    continue
                yield f"#{row.id}: {move.name} from {move.from_status}, and no person did it"
        done = [act for act in retries if act.is_done]
        if len(again) < len(done):
            yield f"#{row.id}: {len(done)} retries were done, its history has {len(again)}"


def attempts_are_numbered(case: Case) -> Iterator[str]:
    """Check that a request's attempts are numbered 1, 2, 3 … and never overlap."""
    for row in case.evidence.requests:
        attempts = case.attempts[row.id]
        numbers = [attempt.number for attempt in attempts]
        if numbers != list(range(1, row.attempts_made + 1)):
            yield f"#{row.id}: its attempts are {numbers}, it says {row.attempts_made}"
        for earlier, later in pairwise(attempts):
            if not case.sure(later.started_at, earlier.started_at):
                continue
            if earlier.ended_at is None or later.started_at < earlier.started_at:
                yield f"#{row.id}: attempt {later.number} began before {earlier.number} had ended"


def every_send_is_written_down(case: Case) -> Iterator[str]:
    """Check that an attempt recorded by its worker shows every send, so no ring is hidden."""
    for attempt in case.evidence.attempts:
        seen = len(case.sends_of[attempt.request, attempt.number])
        # An attempt that housekeeping ended was never recorded by its worker.
        if attempt.sends is not None and attempt.outcome != "unknown" and seen > attempt.sends:
            yield (
                f"#{attempt.request}: attempt {attempt.number} made {seen} sends and shows"
                f" {attempt.sends}"
            )


def attempts_say_what_was_answered(case: Case) -> Iterator[str]:
    """Check that each attempt records what the sandbox really answered."""
    for attempt in case.evidence.attempts:
        sends = case.sends_of[attempt.request, attempt.number]
        if wrong := _what_is_wrong(case, attempt, sends):
            yield f"#{attempt.request}: attempt {attempt.number} is {attempt.outcome}, {wrong}"


def _what_is_wrong(case: Case, attempt: AttemptRow, sends: list[Send]) -> str | None:
    answers = f"and was answered {[send.status for send in sends]}"
    last = sends[-1] if sends else None
    match attempt.outcome:
        case "accepted":
            return None if last and is_yes(last) else answers
        case "not_sent":
            # 401 refuses the token or the credentials, and not the call.
            return None if all(send.status == 401 for send in sends) else answers
        case "try_later":
            return None if last and last.status in case.settings.again else answers
        case "refused":
            return answers if last is None or is_yes(last) or is_unclear(last) else None
        case _:
            return None


def states_say_what_happened(case: Case) -> Iterator[str]:
    """Check that "called" was accepted, and that "failed" and "cancelled" certainly were not."""
    for row, parts in case.each():
        moves = case.moves[row.id]
        last_move = moves[-1] if moves else None
        by_hand = last_move is not None and last_move.actor in ("staff", "operator", "visitor")
        sends = parts[-1].sends if parts else []
        if sends and any(
            wish.is_retry and wish.since > sends[-1].at for wish in case.wishes[row.id]
        ):
            sends = []  # they belong to an earlier wish
        if row.status == "called" and not by_hand and not any(map(is_yes, sends)):
            yield f"#{row.id}: it is called, and no send was accepted"
        if row.status in ("failed", "cancelled") and not by_hand:
            for send in sends:
                if is_yes(send) or is_unclear(send):
                    yield f"#{row.id}: it is {row.status}, send {send.index} may have been a call"


def doubts_have_a_cause(case: Case) -> Iterator[str]:
    """Check that a request is uncertain or too late only because something was broken."""
    for row in case.evidence.requests:
        for attempt in case.attempts[row.id]:
            if attempt.outcome != "unknown":
                continue
            sends = case.sends_of[row.id, attempt.number]
            if not (sends and is_unclear(sends[-1])) and not _was_harmed(
                case, attempt.started_at, attempt.ended_at or attempt.deadline_at
            ):
                yield f"#{row.id}: attempt {attempt.number} is in doubt, and nothing was wrong"
        yield from _too_late_for_nothing(case, row)


def _too_late_for_nothing(case: Case, row: RequestRow) -> Iterator[str]:
    for move in case.moves[row.id]:
        if move.reason != "too_late":
            continue
        wishes = [wish for wish in case.wishes[row.id] if wish.since <= move.at]
        if not wishes or not case.sure(move.at):
            continue
        widget = case.settings.widgets.get(row.widget)
        if widget and widget.hours:
            if not _may_be_late(case, row, wishes[-1].since, move.at):
                yield f"#{row.id}: it came too late, and nothing was wrong"
            continue
        starts = [note.not_before for note in case.notes[row.id] if note.not_before is not None]
        since = max([wishes[-1].since, *starts])
        if widget and move.at < since + widget.patience - case.settings.slack:
            yield f"#{row.id}: it was given up before its patience had ended"
        if not _was_harmed(case, wishes[-1].since, move.at):
            yield f"#{row.id}: it came too late, and nothing was wrong"


def _may_be_late(case: Case, row: RequestRow, since: float, until: float) -> bool:
    """Return whether something was broken, or the widget was not open all the time."""
    return _was_harmed(case, since, until) or not surely_open(case, row.widget, since, until)


def _was_harmed(case: Case, since: float, until: float) -> bool:
    """Return whether something was broken in this time, or staff had stopped all calls."""
    slack = case.settings.slack
    stops = [act for act in case.evidence.acts if act.kind == "stop" and act.is_done is not False]
    return any(
        harm.since - slack <= until and since <= harm.until + slack for harm in case.evidence.harms
    ) or any(act.asked_at <= until for act in stops)
