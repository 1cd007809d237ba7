"""Step 3, decide: whether the request is accepted. A function of values and facts, no database.

Limits are not decided here. Others may write at the same time, so only the statement that writes
can check the limits.
"""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from callbacks.intake.errors import (
    BLOCKED_SENTENCE,
    Invalid,
    Refused,
    Rejected,
    ShownBeforeRestore,
    TooMany,
    wait_sentence,
)
from callbacks.intake.facts import Facts
from callbacks.intake.submission import Submission
from callbacks.models import RefusalKind
from callbacks.scheduling.call_time import CallTime
from callbacks.widgets.texts import PAUSED_SENTENCE

# How far the clock of a system that vouches for a consent may be ahead of ours.
LATEST_CONSENT = timedelta(minutes=1)
FUTURE_SENTENCE = _("This time is in the future. Check the clock of your system.")


def objection(submission: Submission, facts: Facts) -> Refused | None:
    """Return why the request is not accepted, or None if it is.

    Call it only for a form that was not accepted before.
    """
    widget = submission.widget
    vouched = submission.vouched
    if vouched and vouched.given_at > facts.now + LATEST_CONSENT:
        return Invalid({"given_at": FUTURE_SENTENCE})
    if submission.restore_mark is not None and submission.restore_mark != facts.restore_mark:
        return ShownBeforeRestore()
    shown_by = (widget, submission.topic.offered_by if submission.topic else None)
    if any(one is not None and one.is_paused_at(facts.now) for one in shown_by):
        return Rejected(RefusalKind.PAUSED, PAUSED_SENTENCE)
    if facts.is_blocked:
        return Rejected(RefusalKind.BLOCKED, BLOCKED_SENTENCE)
    return None


def objection_to_wait(time: CallTime, facts: Facts) -> Refused | None:
    """Return why a call at this time is not accepted, or None if it is.

    A call that is due now is refused if it would come after the maximum wait at its place in the
    queue. Nobody knows the queue of a later time.
    """
    patience = time.patience_until - facts.now
    if time.is_scheduled or facts.expected_wait < patience:
        return None
    retry_after = max(facts.expected_wait - patience, timedelta(minutes=1))
    return TooMany(RefusalKind.BUSY, wait_sentence(retry_after), retry_after)
