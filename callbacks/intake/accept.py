"""Accept a request, or say why not: clean, ask, decide, write, each once and in this order.

Once `accept` has returned, the request is committed and the visitor may be told "we'll call you".
Whatever it refuses has changed nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callbacks.abuse import limits, rejections
from callbacks.intake import decision, facts, request_form, write
from callbacks.intake.errors import Rejected, TooMany, as_too_many
from callbacks.intake.request_form import Cleaned
from callbacks.intake.submission import Submission
from callbacks.intake.taken_before import taken_before
from callbacks.models import CallRequest


@dataclass(frozen=True)
class Accepted:
    call_request: CallRequest
    # False: the same form was sent before, and this is the request that it led to.
    is_new: bool


def accept(submission: Submission) -> Accepted:
    """Accept a submission, commit its request and wake a worker.

    The same form sent twice (a double click, a reload) gives the same request, once.

    Raises:
        Invalid, TooMany, Rejected, AlreadyUsed, ShownBeforeRestore: why it is not accepted.
    """
    values = request_form.cleaned(submission)
    try:
        return _accept(submission, values)
    except (TooMany, Rejected) as refused:
        rejections.record(
            submission.widget, refused.kind, number=values.number, address=submission.address
        )
        raise


def _accept(submission: Submission, values: Cleaned, freed: Sequence[datetime] = ()) -> Accepted:
    """`freed`: when the requests of this number were sent that are known not to count towards its
    short limit."""
    known = facts.ask(submission, values)
    if known.is_taken_before:
        return _taken_before(submission)
    if why_not := decision.objection(submission, known):
        raise why_not
    try:
        return Accepted(write.write(submission, values, known, freed), is_new=True)
    except write.ConditionFailed:
        if CallRequest.objects.filter(nonce=submission.nonce).exists():
            # The same form came in twice at this moment, and the other one was faster.
            return _taken_before(submission)
        now_freed = limits.freed(values.number, known.now)
        if set(now_freed) <= set(freed):
            with as_too_many():
                allowed = limits.of_request(submission.widget, values.number, freed, known.now)
                limits.raise_if_full(allowed, known.now)
    # What was in the way has gone meanwhile.
    return _accept(submission, values, now_freed)


def _taken_before(submission: Submission) -> Accepted:
    earlier = taken_before(submission.widget, submission.nonce, submission.number, submission.email)
    if earlier is None:
        raise RuntimeError("The form was taken before, and its request is gone.")
    return Accepted(earlier, is_new=False)
