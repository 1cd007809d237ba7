"""Recording: what came back becomes the attempt's outcome and the request's next state.

Each function may be repeated (its commit may have been lost, or only the answer to it): it
compares with the claim in hand and never changes it. Everything is written
`WHERE attempt = mine`. When the sweep was faster (the attempt's time was over), the attempt
still gets its answer, but of the request only a late acceptance changes anything: *uncertain*
becomes *called*.
"""

import time
from copy import copy
from datetime import timedelta
from typing import Any

from django.db import transaction

from callbacks import call_api, clock, lifecycle
from callbacks.dispatch import backoff
from callbacks.dispatch.claim import Claim
from callbacks.dispatch.turns import next_turn
from callbacks.models import Actor, Attempt, CallRequest, Outcome, Reason, Status
from callbacks.sql import Statement, change


def accepted(claim: Claim, answer: call_api.Accepted) -> None:
    """The service took the call: the phone rings."""
    fields = {"http_status": answer.http_status, "excerpt": answer.excerpt}
    ended = _end_of_attempt(claim, Outcome.ACCEPTED, code="accepted", **fields)
    request = copy(claim.request)
    if lifecycle.make(request, lifecycle.ACCEPT, Actor.WORKER, together_with=[ended]):
        return
    request = CallRequest.objects.only("status", "attempts_made", "erased_at").get(
        pk=claim.request.pk
    )
    if lifecycle.may(request, lifecycle.LATE_ACCEPT, Actor.WORKER):
        is_latest = Statement("attempts_made = %s", (claim.attempt.number,))
        lifecycle.make(request, lifecycle.LATE_ACCEPT, Actor.WORKER, only=is_latest)


def came_to_nothing(claim: Claim, error: call_api.CallApiError) -> None:
    """No acceptance. Again later, failed, or uncertain: as the error says."""
    outcome = _outcome(error)
    fields = {"http_status": error.http_status, "excerpt": error.excerpt}
    request = copy(claim.request)
    changes: dict[str, Any]
    if outcome is Outcome.UNKNOWN:
        move, changes = lifecycle.DOUBT, {"reason": Reason.NO_ANSWER}
    elif outcome is Outcome.REFUSED:
        move, changes = lifecycle.REFUSE, {"reason": Reason.REFUSED}
    else:
        move, changes = lifecycle.PUT_OFF, _again(request, error)
    ended = _end_of_attempt(claim, outcome, code=error.code, **fields)
    lifecycle.make(request, move, Actor.WORKER, together_with=[ended], **changes)


def given_up(claim: Claim) -> None:
    """The claim was too old to be sent: the request goes back as it was."""
    ended = _end_of_attempt(claim, Outcome.NOT_SENT, code="claim_too_old")
    request = copy(claim.request)
    lifecycle.make(
        request, lifecycle.PUT_OFF, Actor.WORKER, together_with=[ended], due_at=clock.in_sql()
    )


def no_token(request: CallRequest, error: call_api.NotSent, worker: str, service: str) -> None:
    """No token was to be had, so `request` was not even claimed: it waits, by backoff.

    An attempt of its own says so. Nothing is written when the request is no longer as in hand.
    """
    now = clock.now()
    with transaction.atomic():
        changed = CallRequest.objects.filter(
            pk=request.pk, status=Status.QUEUED, attempts_made=request.attempts_made
        ).update(attempts_made=request.attempts_made + 1, **_again(request, error))
        if changed:
            Attempt.objects.create(
                request=request,
                widget_id=request.widget_id,
                number=request.attempts_made + 1,
                turn=request.turn,
                started_at=now,
                deadline_at=now,
                ended_at=now,
                worker=worker,
                person_id=request.retried_by_id,
                service=service,
                outcome=Outcome.NOT_SENT,
                code=error.code,
                http_status=error.http_status,
                excerpt=error.excerpt,
            )


def _outcome(error: call_api.CallApiError) -> Outcome:
    if isinstance(error, call_api.NotSent):
        return Outcome.NOT_SENT
    if isinstance(error, call_api.TryLater):
        return Outcome.TRY_LATER
    if isinstance(error, call_api.Refused):
        return Outcome.REFUSED
    return Outcome.UNKNOWN


def _again(request: CallRequest, error: call_api.CallApiError) -> dict[str, Any]:
    """The columns of a request that is to be tried again, not before it may be."""
    tries = request.put_off_count + 1
    wait = backoff.delay(tries)
    if isinstance(error, call_api.TryLater) and error.retry_after is not None:
        wait = timedelta(seconds=error.retry_after) + backoff.delay(1) / 4
    return {
        "due_at": clock.now() + wait,
        "put_off_count": tries,
        "turn": next_turn(request.widget_id),
    }


def _end_of_attempt(claim: Claim, outcome: Outcome, **fields: Any) -> Statement:
    """What ends the attempt, if nobody has done so for good."""
    changes = {
        "outcome": outcome,
        "ended_at": clock.in_sql(),
        "duration_ms": int((time.monotonic() - claim.begun) * 1000),
        **fields,
    }
    mine = "request_id = %s AND number = %s AND outcome IN ('pending', 'unknown')"
    return change(Attempt, changes, Statement(mine, (claim.request.pk, claim.attempt.number)))
