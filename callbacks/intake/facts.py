"""Step 2, ask: read every fact that intake needs, in one round trip."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from callbacks.abuse import block_keys
from callbacks.consent import texts as consent_texts
from callbacks.core import clock, database, queries
from callbacks.core.statements import among
from callbacks.intake.request_form import Cleaned
from callbacks.intake.submission import Submission
from callbacks.scheduling import wait_estimate

SQL = queries.load(__file__, "intake.sql")


@dataclass(frozen=True)
class Facts:
    """What the database knew about a submission at `now`.

    `expected_wait` is how long the call would wait in the queue. `text_id` and `text_version` are
    None for a consent text that is shown for the first time.
    """

    now: datetime
    is_taken_before: bool
    restore_mark: str
    is_blocked: bool
    expected_wait: timedelta
    text_id: int | None
    text_version: int | None


def ask(submission: Submission, values: Cleaned) -> Facts:
    """Return the facts about this submission."""
    widget = submission.widget
    keys = block_keys.keys_of(number=values.number, email=values.email, address=submission.address)
    statement = SQL["ask"](
        **wait_estimate.parameters(widget),
        nonce=submission.nonce,
        block_keys=among(keys),
        language=submission.language,
        digest=consent_texts.text_digest(submission.consent_text),
    )
    [(read_at, is_taken, restore_mark, is_blocked, text_id, text_version, *queue)] = (
        database.execute(statement).rows
    )
    now = clock.read(read_at)
    return Facts(
        now=now,
        is_taken_before=bool(is_taken),
        restore_mark=restore_mark or "",
        is_blocked=bool(is_blocked),
        expected_wait=wait_estimate.expected_wait(widget, wait_estimate.Queue(*queue), now),
        text_id=text_id,
        text_version=text_version,
    )
