"""Collect the evidence: the sandbox's lists, the rows of the tables, and people's notes."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from benchmarks.havoc.clocks import real_time
from benchmarks.havoc.judge.evidence import (
    AttemptRow,
    Evidence,
    MoveRow,
    Note,
    Period,
    PersonAct,
    RequestRow,
    Ring,
    Send,
    Settings,
    Slot,
)
from benchmarks.havoc.on_postgresql import AHEAD
from callbacks.consent import verification
from callbacks.models import Attempt, CallRequest, Move
from tests.support.sandbox_process import SandboxProcess


def evidence(
    settings: Settings,
    sandbox: SandboxProcess,
    notes: Iterable[Note],
    acts: Iterable[PersonAct],
    harms: Iterable[Period],
) -> Evidence:
    """Return all that is known at the end about the widgets of `settings`."""
    scenarios = {name for widget in settings.widgets.values() for name in widget.scenarios}
    ids = list(settings.widgets)
    requests = list(CallRequest.objects.filter(widget__public_id__in=ids).order_by("pk"))
    pks = {call_request.pk for call_request in requests}
    public_ids = {
        call_request.pk: call_request.widget.public_id for call_request in _with_widgets(ids)
    }
    at = _reader()
    return Evidence(
        settings,
        sends=tuple(_sends(sandbox, scenarios)),
        rings=tuple(_rings(sandbox, scenarios)),
        notes=tuple(notes),
        acts=tuple(acts),
        requests=tuple(_request(row, public_ids[row.pk], at) for row in requests),
        attempts=tuple(
            _attempt(row, at)
            for row in Attempt.objects.order_by("call_request_id", "number")
            if row.call_request_id in pks
        ),
        moves=tuple(
            _move(row, at)
            for row in Move.objects.select_related("person").order_by("pk")
            if row.call_request_id in pks
        ),
        harms=tuple(harms),
        proof_problems=tuple(f"{one.proof} {one.what}" for one in verification.verify()),
    )


def _with_widgets(public_ids: Sequence[str]) -> Iterable[CallRequest]:
    return CallRequest.objects.select_related("widget").filter(widget__public_id__in=public_ids)


def _reader() -> Callable[[datetime], float]:
    """Return a function that reads a row's time as Unix seconds.

    A time far ahead was written while the clock was ahead, and is corrected.
    """
    horizon = real_time() + AHEAD / 2

    def at(moment: datetime) -> float:
        seconds = moment.timestamp()
        return seconds - AHEAD if seconds > horizon else seconds

    return at


def _sends(sandbox: SandboxProcess, scenarios: set[str]) -> Iterable[Send]:
    for send in sandbox.sends():
        # A send that cannot be read counts too, because nobody should send one.
        if not send["originate"] or send["originate"] in scenarios:
            yield Send(
                index=send["index"],
                at=send["time"],
                status=send["status"],
                originate=send["originate"],
                destination=send["destination"],
                email=send["email"],
                token=send["token"],
                answered_at=send["answered_at"],
                retry_after=_seconds(send["retry_after"]),
                faults=tuple(send["faults"]),
            )


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdigit() else None


def _rings(sandbox: SandboxProcess, scenarios: set[str]) -> Iterable[Ring]:
    for call in sandbox.calls():
        if call["originate"] in scenarios:
            yield Ring(
                index=call["index"],
                at=call["time"],
                send=call["send"],
                originate=call["originate"],
                destination=call["destination"],
                email=call["email"],
            )


def _request(row: CallRequest, widget: str, at: Callable[[datetime], float]) -> RequestRow:
    return RequestRow(
        id=row.pk,
        token=row.token,
        widget=widget,
        number=str(row.number),
        email=row.email,
        status=row.status,
        reason=row.reason,
        created_at=at(row.created_at),
        patience_until=at(row.patience_until),
        attempts_made=row.attempts_made,
        erased_at=_or_none(row.erased_at, at),
        slot=Slot(at(row.slot_start), at(row.slot_end))
        if row.slot_start and row.slot_end
        else None,
    )


def _attempt(row: Attempt, at: Callable[[datetime], float]) -> AttemptRow:
    return AttemptRow(
        request=row.call_request_id,
        number=row.number,
        started_at=at(row.started_at),
        deadline_at=at(row.deadline_at),
        ended_at=_or_none(row.ended_at, at),
        outcome=row.outcome,
        worker=row.worker,
        code=row.code,
        http_status=row.http_status,
        sends=row.sends,
    )


def _move(row: Any, at: Callable[[datetime], float]) -> MoveRow:
    return MoveRow(
        id=row.pk,
        request=row.call_request_id,
        at=at(row.at),
        name=row.name,
        from_status=row.from_status,
        to_status=row.to_status,
        actor=row.actor,
        reason=row.reason,
        person=row.person.username if row.person else "",
    )


def _or_none(moment: datetime | None, at: Callable[[datetime], float]) -> float | None:
    return None if moment is None else at(moment)
