"""Step 4, write: the request, its proof of consent and its hits, atomically."""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime

from django.db import transaction

from callbacks.abuse import detection, limits
from callbacks.consent import proof as consent_proof
from callbacks.consent import texts as consent_texts
from callbacks.core import database
from callbacks.core.statements import Statement, insertion
from callbacks.intake.facts import Facts
from callbacks.intake.request_form import Cleaned
from callbacks.intake.submission import Submission
from callbacks.models import CallRequest, ConsentEvent
from callbacks.scheduling import fair_queue
from callbacks.worker import tasks


class ConditionFailed(Exception):
    """A limit is full, or the same form has just been accepted. Nothing was written."""


def write(
    submission: Submission, values: Cleaned, facts: Facts, freed: Sequence[datetime]
) -> CallRequest:
    """Write the request with its proof and its hits; wake a worker once they are committed.

    `freed` are the times of this number's requests that are known not to count towards its short
    limit. A condition that fails is not an error for the database: the database would log the
    statement of an error, with the number in it.

    Raises:
        ConditionFailed: a limit is full, or the same form was accepted meanwhile.
    """
    widget, now = submission.widget, facts.now
    call_request = _new_request(submission, values, now)
    allowed = limits.of_request(widget, values.number, freed, now)
    keys = limits.keys_of(allowed, detection.extra_limit_keys(widget, submission.fill_time))
    is_saved = Statement(
        "FROM callbacks_callrequest AS call_request WHERE public_id = %s",
        (call_request.public_id,),
    )
    is_new_text = facts.consent_text["text_id"] is None
    with transaction.atomic() if is_new_text else nullcontext():
        text = consent_texts.text_version(
            widget, submission.language, submission.consent_text, facts.consent_text, now
        )
        proof = consent_proof.proof_of(call_request, ConsentEvent.GIVEN, now, text)
        proof.call_request_id = Statement("call_request.id")  # type: ignore[assignment]
        saved, *_ = database.run(
            [
                insertion(
                    call_request,
                    only=limits.room_for_one_more(allowed, now),
                    unless_same="nonce",
                    returning_key=True,
                ),
                insertion(proof, only=is_saved),
                limits.counting(
                    keys,
                    now,
                    only=Statement(f"WHERE EXISTS (SELECT 1 {is_saved.sql})", is_saved.parameters),
                ),
            ],
            locking=keys,
            savepoint=True,
        )
        if not saved.rows:
            raise ConditionFailed
        database.inserted(call_request, saved)
        del call_request.queue_position  # the database computed it: Django reads it on first use
        transaction.on_commit(tasks.notify_workers, robust=True)
    return call_request


def _new_request(submission: Submission, values: Cleaned, now: datetime) -> CallRequest:
    """Return the request, not saved yet. `now` is the time at which it was sent."""
    return CallRequest(
        widget=submission.widget,
        nonce=submission.nonce,
        number=values.number,
        email=values.email,
        is_verified=submission.is_verified,
        language=submission.language,
        consent_text=submission.consent_text,
        consent_at=now,
        created_at=now,
        page_url=submission.origin.page_url,
        page_title=submission.origin.page_title,
        referrer=submission.origin.referrer,
        utm=dict(submission.origin.utm),
        address=submission.address,
        status_at=now,
        due_at=now,
        patience_until=now + submission.widget.patience,
        # Computed again here, once the limits are locked: other requests may have joined the queue
        # since `ask`.
        queue_position=fair_queue.question(submission.widget.pk).as_value(),  # type: ignore[misc]
    )
