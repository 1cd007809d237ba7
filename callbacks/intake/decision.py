"""Step 3, decide: accepted, or why not. A function of values and facts, without a database.

Limits are not decided here: only the statement that writes can hold them while others write.
"""

from datetime import timedelta

from callbacks.intake.errors import (
    BLOCKED_SENTENCE,
    PAUSED_SENTENCE,
    Refused,
    Rejected,
    ShownBeforeRestore,
    TooMany,
    wait_sentence,
)
from callbacks.intake.facts import Facts
from callbacks.intake.submission import Submission
from callbacks.models import RefusalKind


def objection(submission: Submission, facts: Facts) -> Refused | None:
    """Return why the request is not accepted, or None if it is.

    A form that was taken before is not decided about: it leads to its request.
    """
    widget = submission.widget
    if submission.restore_mark is not None and submission.restore_mark != facts.restore_mark:
        return ShownBeforeRestore()
    if widget.is_paused:
        return Rejected(RefusalKind.PAUSED, PAUSED_SENTENCE)
    if facts.is_blocked:
        return Rejected(RefusalKind.BLOCKED, BLOCKED_SENTENCE)
    if facts.expected_wait >= widget.patience:
        # The call would come too late from its place in the queue.
        retry_after = max(facts.expected_wait - widget.patience, timedelta(minutes=1))
        return TooMany(RefusalKind.BUSY, wait_sentence(retry_after), retry_after)
    return None
