"""Step 2, ask: read every fact that intake needs, in one round trip."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callbacks.abuse import block_list
from callbacks.consent import texts as consent_texts
from callbacks.core import clock, database
from callbacks.core.statements import Question
from callbacks.intake.request_form import Cleaned
from callbacks.intake.submission import Submission
from callbacks.scheduling import fair_queue, wait_estimate


@dataclass(frozen=True)
class Facts:
    """What the database knew about a submission at `now`.

    `expected_wait` is how long the call would wait in the queue. `consent_text` holds the answers
    to `consent.texts.text_questions`.
    """

    now: datetime
    is_taken_before: bool
    restore_mark: str
    is_blocked: bool
    expected_wait: timedelta
    consent_text: Mapping[Any, Any]


def ask(submission: Submission, values: Cleaned) -> Facts:
    """Return the facts about this submission."""
    found = database.ask(_questions(submission, values))
    now = clock.read(found["now"])
    return Facts(
        now=now,
        is_taken_before=bool(found["same_form"]),
        restore_mark=found["restore_mark"] or "",
        is_blocked=bool(found["blocked"]),
        expected_wait=wait_estimate.expected_wait(submission.widget, found, now),
        consent_text=found,
    )


def _questions(submission: Submission, values: Cleaned) -> database.Questions:
    """Return the questions about a submission, by name."""
    widget = submission.widget
    queue_position = fair_queue.question(widget.pk)
    return {
        "now": clock.question(),
        "same_form": Question(
            "SELECT 1 FROM callbacks_callrequest WHERE nonce = %s", (submission.nonce,)
        ),
        "restore_mark": Question("SELECT restore_mark FROM callbacks_callcontrol WHERE id = 1"),
        "blocked": block_list.question(
            number=values.number, email=values.email, address=submission.address
        ),
        "queue_position": queue_position,
        **wait_estimate.questions(widget, queue_position),
        **consent_texts.text_questions(widget, submission.language, submission.consent_text),
    }
