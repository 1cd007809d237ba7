"""Accept a request, or say why not: clean, ask, decide, write, each once and in this order.

When `accept` returns, the request is committed, and the visitor may be told "we'll call you". A
refusal has changed nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callbacks.abuse import limits, next_request, refusals
from callbacks.core import tracing
from callbacks.intake import chosen_time, decision, facts, request_form, write
from callbacks.intake.errors import Rejected, TooMany, as_too_many
from callbacks.intake.request_form import Cleaned
from callbacks.intake.submission import Submission
from callbacks.intake.taken_before import taken_before
from callbacks.models import CallRequest


@dataclass(frozen=True)
class Accepted:
    """The request that a form led to."""

    call_request: CallRequest
    # False if the same form was sent before: then this is the request that it led to.
    is_new: bool


def accept(submission: Submission) -> Accepted:
    """Accept a submission: commit its request and wake a worker.

    A form that is sent twice (a double click, a reload) leads to one request, and both calls of
    this function return it.

    Raises:
        Invalid: a field is wrong, or the chosen time cannot be had any more.
        Closed: the widget takes no requests outside its opening hours.
        TooMany: a limit is reached, or the queue is too long.
        Rejected: the widget is paused, or the block list covers the visitor.
        AlreadyUsed: the same form was sent before with other content.
        ShownBeforeRestore: a backup was restored after the form was shown.
    """
    began = tracing.now()
    values = request_form.cleaned(submission)
    try:
        accepted = _accept(submission, values)
    except (TooMany, Rejected) as refused:
        refusals.record(
            submission.widget, refused.kind, number=values.number, address=submission.address
        )
        raise
    if accepted.is_new:
        tracing.step(tracing.FIRST, accepted.call_request.public_id, began)
    return accepted


def _accept(
    submission: Submission,
    values: Cleaned,
    freed: Sequence[datetime] = (),
    *,
    counts_places: bool = False,
) -> Accepted:
    """Ask, decide and write.

    `freed` are the times of this number's requests that do not count towards its limit of 5
    minutes, because the phone certainly never rang (`next_request.freed`). At first none is known.
    If a condition of the writing fails, they are read. If there are new ones, or if no limit is
    full any more, this starts again. Then the places in the time slot are counted too
    (`counts_places`), because the slot may be what is full.
    """
    known = facts.ask(submission, values)
    if known.is_taken_before:
        return _taken_before(submission)
    if why_not := decision.objection(submission, known):
        raise why_not
    time = chosen_time.time_of(
        submission.widget, values.number, values.when, known.now, counts_places=counts_places
    )
    if why_not := decision.objection_to_wait(time, known):
        raise why_not
    try:
        return Accepted(write.write(submission, values, known, time, freed), is_new=True)
    except write.ConditionFailed:
        if CallRequest.objects.filter(nonce=submission.nonce).exists():
            # The same form arrived twice at the same moment, and the other one was written first.
            return _taken_before(submission)
        now_freed = next_request.freed(values.number, known.now)
        if set(now_freed) <= set(freed):
            with as_too_many():
                allowed = write.limits_of(submission, values, freed, known.now)
                limits.raise_if_full(allowed, known.now)
    # The condition that failed has gone meanwhile, or more requests do not count: try again.
    return _accept(submission, values, now_freed, counts_places=True)


def _taken_before(submission: Submission) -> Accepted:
    """Return the request that the same form has already led to."""
    earlier = taken_before(
        submission.widget,
        submission.nonce,
        submission.number,
        submission.email,
        submission.when,
        submission.answers if submission.kept_answers is None else None,
    )
    if earlier is None:
        raise RuntimeError("The form was taken before, and its request is gone.")
    return Accepted(earlier, is_new=False)
