"""Accept a request, or say why not.

Once `accept` has returned, the request is committed and the visitor may be told "we'll call you".
Whatever it refuses has changed nothing.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callbacks.abuse import block_list, detection, limits, rejections
from callbacks.consent import proof as consent_proof
from callbacks.consent import texts as consent_texts
from callbacks.contact import email_addresses, number_sentences, phone_numbers
from callbacks.core import clock, database
from callbacks.core.statements import Question, Statement, insertion
from callbacks.dispatch import fair_queue
from callbacks.intake.errors import (
    BLOCKED_SENTENCE,
    PAUSED_SENTENCE,
    Invalid,
    Refused,
    Rejected,
    Sentence,
    ShownBeforeRestore,
    TooMany,
    as_too_many,
    wait_sentence,
)
from callbacks.intake.submission import Submission
from callbacks.intake.taken_before import taken_before
from callbacks.models import (
    CallRequest,
    ConsentEvent,
    ConsentProof,
    RefusalKind,
    Widget,
)
from callbacks.scheduling import wait_estimate
from callbacks.worker import tasks

# Corrections of one request: for a slip, and for a slip in that. Each costs what a form costs, but
# only the first number was asked for by a form.
MOST_CORRECTIONS = 3


class CorrectedTooOften(Refused):
    """The number of this request was corrected `MOST_CORRECTIONS` times already."""

    def __init__(self) -> None:
        super().__init__("corrected too often")
        self.sentence: Sentence = _(
            "The number of this request has already been changed %(n)d times. To be called on "
            "another number, cancel this request and send the form again."
        ) % {"n": MOST_CORRECTIONS}


class _ConditionFailed(Exception):
    """A limit is full, or the same form has just been taken."""


@dataclass(frozen=True)
class Accepted:
    call_request: CallRequest
    # False: the same form was sent before, and this is the request that it led to.
    is_new: bool


def accept(submission: Submission) -> Accepted:
    """Takes the request in, commits it and wakes a worker.

    The same form sent twice (a double click, a reload) gives the same request, once. Raises
    `Invalid`, `TooMany`, `Rejected`, `AlreadyUsed` or `ShownBeforeRestore`.
    """
    number, email = _clean(submission)
    try:
        return _accept(submission, number, email)
    except (TooMany, Rejected) as refused:
        rejections.record(
            submission.widget, refused.kind, number=number, address=submission.address
        )
        raise


def _accept(
    submission: Submission, number: str, email: str, freed: Sequence[datetime] = ()
) -> Accepted:
    """`freed`: when the requests of this number were sent that are known not to count towards its
    short limit."""
    widget = submission.widget
    found = database.ask(_questions(submission, number, email))
    now = clock.read(found["now"])
    if found["same_form"]:
        return _taken_before(submission)
    if submission.restore_mark is not None and submission.restore_mark != (
        found["restore_mark"] or ""
    ):
        raise ShownBeforeRestore
    if widget.is_paused:
        raise Rejected(RefusalKind.PAUSED, PAUSED_SENTENCE)
    if found["blocked"]:
        raise Rejected(RefusalKind.BLOCKED, BLOCKED_SENTENCE)
    _check_patience(widget, found, now)
    allowed = limits_of(widget, number, freed, now)
    call_request = CallRequest(
        widget=widget,
        nonce=submission.nonce,
        number=number,
        email=email,
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
        patience_until=now + widget.patience,
        # Asked again, once the limits are locked: others may have joined meanwhile.
        queue_position=fair_queue.question(widget.pk).as_value(),  # type: ignore[misc]
    )
    extra_limit_keys = detection.extra_limit_keys(widget, submission.fill_time)
    is_new_text = found["text_id"] is None
    try:
        with transaction.atomic() if is_new_text else nullcontext():
            text = consent_texts.text_version(
                widget, submission.language, submission.consent_text, found, now
            )
            proof = consent_proof.proof_of(call_request, ConsentEvent.GIVEN, now, text)
            _write(call_request, proof, allowed, extra_limit_keys)
    except _ConditionFailed:
        if CallRequest.objects.filter(nonce=submission.nonce).exists():
            # The same form came in twice at this moment, and the other one was faster.
            return _taken_before(submission)
        now_freed = limits.freed(number, now)
        if set(now_freed) <= set(freed):
            with as_too_many():
                limits.raise_if_full(allowed, now)
        return _accept(
            submission, number, email, now_freed
        )  # what was in the way has gone meanwhile
    return Accepted(call_request, is_new=True)


def _write(
    call_request: CallRequest,
    proof: ConsentProof,
    allowed: Sequence[limits.RateLimit],
    extra_limit_keys: Sequence[str],
) -> None:
    """Saves the request, its evidence and its hits, all together, and wakes a worker.

    Raises `_ConditionFailed` when a limit is full or the form was taken before. The database itself
    sees no error: it would write the statement to its log, with the number.
    """
    keys = limits.keys_of(allowed, extra_limit_keys)
    is_saved = Statement(
        "FROM callbacks_callrequest AS call_request WHERE token = %s", (call_request.token,)
    )
    proof.call_request_id = Statement("call_request.id")  # type: ignore[assignment]
    saved, *_ = database.run(
        [
            insertion(
                call_request,
                only=limits.room_for_one_more(allowed, call_request.created_at),
                unless_same="nonce",
                returning_key=True,
            ),
            insertion(proof, only=is_saved),
            limits.counting(
                keys,
                call_request.created_at,
                only=Statement(f"WHERE EXISTS (SELECT 1 {is_saved.sql})", is_saved.parameters),
            ),
        ],
        locking=keys,
        savepoint=True,
    )
    if not saved.rows:
        raise _ConditionFailed
    database.inserted(call_request, saved)
    del call_request.queue_position  # the database knows: it is read when it is asked for
    transaction.on_commit(tasks.notify_workers, robust=True)


def _taken_before(submission: Submission) -> Accepted:
    earlier = taken_before(submission.widget, submission.nonce, submission.number, submission.email)
    if earlier is None:
        raise RuntimeError("The form was taken before, and its request is gone.")
    return Accepted(earlier, is_new=False)


def may_be_corrected(call_request: CallRequest) -> bool:
    """Return whether the request has corrections left, of `MOST_CORRECTIONS`."""
    return _corrections(call_request) < MOST_CORRECTIONS


def _corrections(call_request: CallRequest) -> int:
    return call_request.consent_proofs.filter(event=ConsentEvent.CORRECTED).count()


def limits_of(
    widget: Widget, number: str, freed: Sequence[datetime] = (), now: datetime | None = None
) -> list[limits.RateLimit]:
    """Return every limit that one more call to the number counts under; see `number_limits`."""
    return [
        *limits.number_limits(number, freed, now),
        *limits.widget_limits(widget),
        *limits.account_limits(),
    ]


def _questions(submission: Submission, number: str, email: str) -> database.Questions:
    """All that intake has to know, for one round trip."""
    queue_position = fair_queue.question(submission.widget.pk)
    return {
        "now": clock.question(),
        "same_form": Question(
            "SELECT 1 FROM callbacks_callrequest WHERE nonce = %s", (submission.nonce,)
        ),
        "restore_mark": Question("SELECT restore_mark FROM callbacks_callcontrol WHERE id = 1"),
        "blocked": block_list.question(number=number, email=email, address=submission.address),
        "queue_position": queue_position,
        **wait_estimate.questions(submission.widget, queue_position),
        **consent_texts.text_questions(
            submission.widget, submission.language, submission.consent_text
        ),
    }


def _clean(submission: Submission) -> tuple[str, str]:
    """The number in E.164 and the email as it will be sent; raises `Invalid` for all at once."""
    errors: dict[str, Sentence] = {}
    number = email = ""
    try:
        number = phone_numbers.parse(submission.number, submission.widget.allowed_regions)
    except phone_numbers.NumberRefused as refused:
        errors["number"] = number_sentences.of(refused, submission.widget.allowed_regions)
    if submission.widget.email_required or submission.email.strip():
        try:
            email = email_addresses.clean(submission.email)
        except email_addresses.EmailRefused as refused:
            errors["email"] = refused.message
    if not submission.consent:
        errors["consent"] = _(
            "Tick this box to agree to the call. We can't call you without your consent."
        )
    if errors:
        raise Invalid(errors)
    return number, email


def _check_patience(widget: Widget, found: database.Answers, now: datetime) -> None:
    """Raises `TooMany` when the call would come too late from its place in the queue."""
    wait = wait_estimate.expected_wait(widget, found, now)
    if wait >= widget.patience:
        retry_after = max(wait - widget.patience, timedelta(minutes=1))
        raise TooMany(RefusalKind.BUSY, wait_sentence(retry_after), retry_after)
