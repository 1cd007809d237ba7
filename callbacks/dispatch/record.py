"""Record an answer: it becomes the attempt's outcome and the request's next status.

Each function may be repeated, because a commit, or the answer to it, may have been lost. It
compares the row with the claim and never changes the claim.

If the attempt's time was over, housekeeping may have made the request *uncertain* already. The
attempt still gets its answer. But only a late acceptance changes the request then: it becomes
*called*.
"""

from copy import copy
from datetime import timedelta
from typing import Any

from django.db import transaction

from callbacks import call_api
from callbacks.call_api import AttemptCode
from callbacks.core import boot_clock, clock, queries
from callbacks.core.statements import Statement
from callbacks.dispatch import backoff
from callbacks.dispatch.claimed import MOST_SENDS, Claim
from callbacks.lifecycle import transitions, worker_moves
from callbacks.lifecycle.worker_moves import Queries
from callbacks.models import Actor, Attempt, CallRequest, MailEvent, Outcome, Reason, Status
from callbacks.scheduling import fair_queue
from callbacks.visitor_mails import events as visitor_mails

SQL = queries.load(__file__, "record.sql")
# The statements of the moves that end a call whose claim is still in force.
END_CALL = Queries(SQL["add_move"], SQL["end_call"])
REQUEUE = Queries(SQL["add_move"], SQL["requeue"])
HOLD_BACK = Queries(SQL["add_move"], SQL["hold_back"])

# After these outcomes, the request waits for another try.
_AGAIN = {Outcome.NOT_SENT, Outcome.TRY_LATER}


def accepted(claim: Claim, answer: call_api.Accepted) -> None:
    """Record that the service took the call: the phone rings."""
    fields = {"http_status": answer.http_status, "excerpt": answer.excerpt}
    ended = _end_of_attempt(
        claim, Outcome.ACCEPTED, code=AttemptCode.ACCEPTED, answers=answer.answers, **fields
    )
    call_request = copy(claim.call_request)
    sends = call_request.sends_since_asked + len(answer.answers)
    if worker_moves.transition(
        call_request, transitions.ACCEPT, END_CALL, run_first=ended, sends_since_asked=sends
    ):
        return
    call_request = CallRequest.objects.only("status", "attempts_made", "erased_at").get(
        pk=claim.call_request.pk
    )
    is_latest = call_request.attempts_made == claim.attempt
    if is_latest and transitions.may(call_request, transitions.LATE_ACCEPT, Actor.WORKER):
        transitions.transition(call_request, transitions.LATE_ACCEPT, Actor.WORKER)


def not_accepted(claim: Claim, error: call_api.CallApiError) -> None:
    """Record that the service did not accept the call.

    The class of `error` says what becomes of the request: it waits again, fails, or is uncertain.
    """
    outcome, code = _outcome(error), error.code
    call_request = copy(claim.call_request)
    sends = call_request.sends_since_asked + len(error.answers)
    if outcome in _AGAIN and error.answers and sends >= MOST_SENDS:
        outcome, code = Outcome.REFUSED, AttemptCode.SENDS_USED_UP
    fields = {"http_status": error.http_status, "excerpt": error.excerpt}
    ended = _end_of_attempt(claim, outcome, code=code, answers=error.answers, **fields)
    changes: dict[str, Any] = {"run_first": ended, "sends_since_asked": sends}
    if outcome is Outcome.UNKNOWN:
        worker_moves.transition(
            call_request,
            transitions.MARK_UNCERTAIN,
            END_CALL,
            reason=Reason.NO_ANSWER,
            run_with=visitor_mails.of_call(call_request, MailEvent.UNCERTAIN),
            **changes,
        )
        return
    if outcome is Outcome.REFUSED:
        worker_moves.transition(
            call_request,
            transitions.REFUSE,
            END_CALL,
            reason=Reason.REFUSED,
            run_with=visitor_mails.of_call(call_request, MailEvent.FAILED),
            **changes,
        )
        return
    again = _again(call_request, error)
    requeue = HOLD_BACK if isinstance(error, call_api.HeldBack) else REQUEUE
    with transaction.atomic():
        if worker_moves.transition(call_request, transitions.REQUEUE, requeue, **changes, **again):
            _end_what_cannot_wait(call_request, error)


def _end_what_cannot_wait(call_request: CallRequest, error: call_api.CallApiError) -> None:
    """End a request that was just requeued but can have no next try.

    Call it in the transaction of the requeue, so that nobody ever sees the request wait.
    """
    if error.code == AttemptCode.NO_NUMBER:
        transitions.transition(call_request, transitions.CANCEL, Actor.WORKER, reason=Reason.ERASED)
    elif (
        error.code == AttemptCode.PATIENCE_OVER
        or (call_request.backoff_until or clock.now()) >= call_request.patience_until
    ):
        transitions.transition(
            call_request, transitions.EXPIRE, Actor.WORKER, reason=Reason.TOO_LATE
        )


def no_token(call_request: CallRequest, error: call_api.NotSent, worker: str, service: str) -> None:
    """Let a due request wait, with backoff, because no token was available to call it.

    The request was not claimed and stays *queued*. An attempt is added that says why; `worker` and
    `service` are the names that it stores. Nothing is written if the request has changed since it
    was read.
    """
    now = clock.now()
    changes = {"attempts_made": call_request.attempts_made + 1, **_again(call_request, error)}
    with transaction.atomic():
        changed = CallRequest.objects.filter(
            pk=call_request.pk, status=Status.QUEUED, attempts_made=call_request.attempts_made
        ).update(**changes)
        if changed:
            Attempt.objects.create(
                call_request=call_request,
                widget_id=call_request.widget_id,
                number=call_request.attempts_made + 1,
                queue_position=fair_queue.attempt_position(call_request.queue_position or 0),
                started_at=now,
                deadline_at=now,
                ended_at=now,
                worker=worker,
                person_id=call_request.retried_by_id,
                service=service,
                outcome=Outcome.NOT_SENT,
                code=error.code,
                http_status=error.http_status,
                excerpt=error.excerpt,
            )
            for name, value in changes.items():
                setattr(call_request, name, value)
            _end_what_cannot_wait(call_request, error)


def _outcome(error: call_api.CallApiError) -> Outcome:
    """Return the attempt's outcome for an error of the call."""
    if isinstance(error, call_api.NotSent):
        return Outcome.NOT_SENT
    if isinstance(error, call_api.TryLater):
        return Outcome.TRY_LATER
    if isinstance(error, call_api.Refused):
        return Outcome.REFUSED
    return Outcome.UNKNOWN


def _again(call_request: CallRequest, error: call_api.CallApiError) -> dict[str, Any]:
    """Return the columns, with their new values, of a request that waits for its next try."""
    if isinstance(error, call_api.HeldBack):  # it waits as before: we did not send it ourselves
        return {"backoff_until": None, "backoff_since": None}
    tries = call_request.put_off_count + 1
    wait = backoff.delay(tries)
    if isinstance(error, call_api.TryLater) and error.retry_after is not None:
        wait = max(wait, timedelta(seconds=error.retry_after) + backoff.delay(1) / 4)
    now = clock.now()
    return {
        "backoff_until": now + wait,
        "backoff_since": now,
        "put_off_count": tries,
        "queue_position": fair_queue.next_position(call_request.widget_id),
    }


def _end_of_attempt(
    claim: Claim, outcome: Outcome, *, answers: tuple[int | None, ...], **fields: Any
) -> list[Statement]:
    """Return the statements that end the attempt, if nobody has ended it for good.

    `answers`: the HTTP status of each send, None where no answer came.
    """
    call_request = claim.call_request
    end_attempt = SQL["end_attempt"](
        id=call_request.pk,
        number=claim.attempt,
        at=clock.in_sql(),
        outcome=outcome,
        duration_ms=int((boot_clock.now() - claim.begun) * 1000),
        sends=len(answers),
        answers=",".join("-" if status is None else str(status) for status in answers),
        **fields,
    )
    return [SQL["lock_request"](id=call_request.pk), end_attempt]
