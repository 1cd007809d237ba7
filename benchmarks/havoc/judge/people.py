"""Check who is called: only people who asked, as they asked, until they or staff say no."""

from collections.abc import Iterator

from benchmarks.havoc.judge.case import Case, numbers_of
from benchmarks.havoc.judge.evidence import Note, PersonAct, RequestRow, Send

# A cancelled request is never called again. One that was marked as called may be retried.
FOR_GOOD = ("cancel", "close", "erase", "purge")
ENDED_BY_STAFF = (*FOR_GOOD, "mark_called", "hold")
# Seconds before a send in which the last look may have been taken.
LOOK_COUNTS = 0.005


def everybody_called_had_asked(case: Case) -> Iterator[str]:
    """Check that every send belongs to an attempt for somebody who sent a form."""
    asked = {
        number
        for note in case.evidence.notes
        if note.asked_at is not None
        for number in numbers_of(note)
    }
    refused = {note.number for note in case.evidence.notes if note.refused_at is not None}
    promised = {
        number for note in case.evidence.notes if note.promise for number in numbers_of(note)
    }
    for send in case.strays:
        if send.destination not in asked:
            yield f"send {send.index} is for a number that nobody gave"
        elif send.destination in refused - promised:
            yield f"send {send.index} is for somebody who was refused"
        else:
            yield f"send {send.index} belongs to no attempt"
    for row in case.evidence.requests:
        if row.erased_at is None and not case.notes[row.id]:
            yield f"#{row.id}: nobody asked for it"


def nobody_refused_is_called(case: Case) -> Iterator[str]:
    """Check that nobody is called who was told that there will be no call."""
    told = {
        (note.number, note.email)
        for note in case.evidence.notes
        if note.refused_at is not None and not note.promise
    }
    told -= {
        (number, note.email)
        for note in case.evidence.notes
        if note.asked_at is not None and (note.promise or note.refused_at is None)
        for number in numbers_of(note)
    }
    for send in case.evidence.sends:
        if (send.destination, send.email) in told:
            yield f"send {send.index} is for somebody who was refused"


def the_right_call(case: Case) -> Iterator[str]:
    """Check that each send has its widget's scenario and exactly its visitor's number and email."""
    for row in case.evidence.requests:
        notes = case.notes[row.id]
        widget = case.settings.widgets.get(row.widget)
        for send in case.sends[row.id]:
            if widget is None or send.originate not in widget.scenarios:
                yield f"#{row.id}: send {send.index} has another scenario than its widget"
            if notes and send.email not in {note.email for note in notes}:
                yield f"#{row.id}: send {send.index} has another email than was typed"
            if notes and not any(_is_in_force(case, note, send) for note in notes):
                yield f"#{row.id}: send {send.index} has another number than was in force"


def _is_in_force(case: Case, note: Note, send: Send) -> bool:
    """Return whether the number was the visitor's when the attempt of the send began."""
    began = case.attempt_of[send.index].started_at
    slack = case.settings.slack
    since = [note.asked_at or 0.0, *(correction.asked_at for correction in note.corrections)]
    until = [*(correction.told_at for correction in note.corrections), None]
    return any(
        number == send.destination
        and start <= send.at + slack
        and (end is None or began <= end + slack)
        for number, start, end in zip(numbers_of(note), since, until, strict=True)
    )


def nobody_who_cancelled_is_called(case: Case) -> Iterator[str]:
    """Check that nothing is sent after a visitor was told that the request is cancelled."""
    for row in case.evidence.requests:
        for note in case.notes[row.id]:
            if note.cancelled_at is None:
                continue
            for send in case.sends[row.id]:
                if send.at > note.cancelled_at:
                    words = _late(send, note.cancelled_at)
                    yield f"#{row.id}: {words} after its visitor had cancelled"
            if row.status != "cancelled":
                yield f"#{row.id}: its visitor was told that it is cancelled, it is {row.status}"


def nobody_blocked_is_called(case: Case) -> Iterator[str]:
    """Check that no attempt begins for a number while it is blocked."""
    slack = case.settings.slack
    blocked = [
        (number, note.blocked_at)
        for note in case.evidence.notes
        if note.blocked_at is not None
        for number in numbers_of(note)[-1:]
    ]
    blocked += [
        (act.number, act.done_at)
        for act in case.evidence.acts
        if act.kind == "block" and act.is_done and act.done_at is not None
    ]
    for number, since in blocked:
        until = min(
            (
                act.asked_at
                for act in case.evidence.acts
                if act.kind == "unblock" and act.number == number and act.asked_at > since
            ),
            default=float("inf"),
        )
        for send in case.evidence.sends:
            attempt = case.attempt_of.get(send.index)
            began = attempt.started_at if attempt and case.sure(attempt.started_at) else send.at
            if send.destination == number and since + slack < began and since < send.at < until:
                yield f"send {send.index} is for a number that is blocked"


def nobody_erased_is_called(case: Case) -> Iterator[str]:
    """Check that nothing is sent for erased requests, and that no personal data is left in them."""
    for act in case.evidence.acts:
        if act.kind != "erase" or not act.is_done or act.done_at is None:
            continue
        for row in case.evidence.requests:
            mine = act.request == row.id or (act.number and act.number in case.numbers(row.id))
            if not mine or row.created_at > act.asked_at:
                continue
            for send in case.sends[row.id]:
                if send.at > act.done_at:
                    yield f"#{row.id}: {_late(send, act.done_at)} after it was erased"
            if row.number or row.email:
                yield f"#{row.id}: it was erased, and is still there"


def nothing_is_sent_once_staff_ended_it(case: Case) -> Iterator[str]:
    """Check that only a retry calls again after staff ended a request or restored a backup."""
    for row, parts in case.each():
        ends = [act for act in case.acts[row.id] if act.kind in ENDED_BY_STAFF and act.is_done]
        ends += [act for act in case.evidence.acts if _holds_all(act, row)]
        for act in ends:
            assert act.done_at is not None
            for part in parts:
                late = [send for send in part.sends if send.at > act.done_at + LOOK_COUNTS]
                if late and not _was_retried(case, row.id, act, late[0].at):
                    words = _late(late[0], act.done_at)
                    yield f"#{row.id}: {words} after {act.by}'s {act.kind}"


def _late(send: Send, since: float) -> str:
    """Return by how much it came too late."""
    return f"send {send.index} came {send.at - since:.4f} s"


def _was_retried(case: Case, request: int, act: PersonAct, by: float) -> bool:
    """Return whether somebody may have retried the request since the act."""
    return act.kind not in FOR_GOOD and any(
        wish.is_retry and wish.since <= by and wish.by >= act.asked_at
        for wish in case.wishes[request]
    )


def _holds_all(act: PersonAct, row: RequestRow) -> bool:
    is_hold = act.kind == "hold" and act.request is None and act.is_done
    return bool(is_hold) and row.created_at < act.asked_at


def nobody_is_called_while_all_calls_are_stopped(case: Case) -> Iterator[str]:
    """Check that no attempt begins between "stop all calls" and "resume"."""
    slack = case.settings.slack
    acts = case.evidence.acts
    for act in acts:
        if act.kind != "stop" or not act.is_done or act.done_at is None:
            continue
        until = min(
            (
                other.asked_at
                for other in acts
                if other.kind == "resume"
                and other.is_done is not False
                # Two people may have pressed at once: the later button decides.
                and other.asked_at >= act.asked_at
            ),
            default=float("inf"),
        )
        for send in case.evidence.sends:
            attempt = case.attempt_of.get(send.index)
            began = attempt.started_at if attempt else send.at
            if act.done_at + slack < began < until and case.sure(began):
                yield f"send {send.index} began while all calls were stopped"
