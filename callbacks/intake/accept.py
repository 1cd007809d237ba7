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
    request: CallRequest
    # False: the same form was sent before, and this is the request that it led to.
    is_new: bool


def accept(asked: Submission) -> Accepted:
    """Takes the request in, commits it and wakes a worker.

    The same form sent twice (a double click, a reload) gives the same request, once. Raises
    `Invalid`, `TooMany`, `Rejected`, `AlreadyUsed` or `ShownBeforeRestore`.
    """
    number, email = _clean(asked)
    try:
        return _accept(asked, number, email)
    except (TooMany, Rejected) as refused:
        rejections.record(asked.widget, refused.kind, number=number, address=asked.address)
        raise


def _accept(asked: Submission, number: str, email: str, freed: int = 0) -> Accepted:
    """`freed`: how many requests of this number are known not to count towards its short limit."""
    widget = asked.widget
    found = database.ask(_questions(asked, number, email))
    now = clock.read(found["now"])
    if found["same_form"]:
        return _taken_before(asked)
    if asked.restore_mark is not None and asked.restore_mark != (found["restore_mark"] or ""):
        raise ShownBeforeRestore
    if widget.is_paused:
        raise Rejected(RefusalKind.PAUSED, PAUSED_SENTENCE)
    if found["blocked"]:
        raise Rejected(RefusalKind.BLOCKED, BLOCKED_SENTENCE)
    _check_patience(widget, found, now)
    allowed = limits_of(widget, number, freed)
    request = CallRequest(
        widget=widget,
        nonce=asked.nonce,
        number=number,
        email=email,
        is_verified=asked.is_verified,
        language=asked.language,
        consent_text=asked.consent_text,
        consent_at=now,
        created_at=now,
        page_url=asked.origin.page_url,
        page_title=asked.origin.page_title,
        referrer=asked.origin.referrer,
        utm=dict(asked.origin.utm),
        address=asked.address,
        status_at=now,
        due_at=now,
        patience_until=now + widget.patience,
        # Asked again, once the limits are locked: others may have joined meanwhile.
        queue_position=fair_queue.question(widget.pk).as_value(),  # type: ignore[misc]
    )
    extra_limit_keys = detection.extra_limit_keys(widget, asked.fill_time)
    is_new_text = found["text_id"] is None
    try:
        with transaction.atomic() if is_new_text else nullcontext():
            text = consent_texts.text_version(
                widget, asked.language, asked.consent_text, found, now
            )
            proof = consent_proof.proof_of(request, ConsentEvent.GIVEN, now, text)
            _write(request, proof, allowed, extra_limit_keys)
    except _ConditionFailed:
        if CallRequest.objects.filter(nonce=asked.nonce).exists():
            # The same form came in twice at this moment, and the other one was faster.
            return _taken_before(asked)
        now_freed = limits.freed(number, now)
        if now_freed <= freed:
            with as_too_many():
                limits.raise_if_full(allowed, now)
        return _accept(asked, number, email, now_freed)  # what was in the way has gone meanwhile
    return Accepted(request, is_new=True)


def _write(
    request: CallRequest,
    proof: ConsentProof,
    allowed: Sequence[limits.RateLimit],
    extra_limit_keys: Sequence[str],
) -> None:
    """Saves the request, its evidence and its hits, all together, and wakes a worker.

    Raises `_ConditionFailed` when a limit is full or the form was taken before. The database itself
    sees no error: it would write the statement to its log, with the number.
    """
    keys = limits.keys_of(allowed, extra_limit_keys)
    is_saved = Statement("FROM callbacks_callrequest AS request WHERE token = %s", (request.token,))
    proof.request_id = Statement("request.id")  # type: ignore[assignment]
    saved, *_ = database.run(
        [
            insertion(
                request,
                only=limits.room_for_one_more(allowed, request.created_at),
                unless_same="nonce",
                returning_key=True,
            ),
            insertion(proof, only=is_saved),
            limits.counting(
                keys,
                request.created_at,
                only=Statement(f"WHERE EXISTS (SELECT 1 {is_saved.sql})", is_saved.parameters),
            ),
        ],
        locking=keys,
        savepoint=True,
    )
    if not saved.rows:
        raise _ConditionFailed
    database.inserted(request, saved)
    del request.queue_position  # the database knows: it is read when it is asked for
    transaction.on_commit(tasks.notify_workers, robust=True)


def _taken_before(asked: Submission) -> Accepted:
    earlier = taken_before(asked.widget, asked.nonce, asked.number, asked.email)
    if earlier is None:
        raise RuntimeError("The form was taken before, and its request is gone.")
    return Accepted(earlier, is_new=False)


def may_be_corrected(request: CallRequest) -> bool:
    """Return whether the request has corrections left, of `MOST_CORRECTIONS`."""
    return _corrections(request) < MOST_CORRECTIONS


def _corrections(request: CallRequest) -> int:
    return request.consent_proofs.filter(event=ConsentEvent.CORRECTED).count()


def limits_of(widget: Widget, number: str, freed: int = 0) -> list[limits.RateLimit]:
    return [
        *limits.number_limits(number, freed),
        *limits.widget_limits(widget),
        *limits.account_limits(),
    ]


def _questions(asked: Submission, number: str, email: str) -> database.Questions:
    """All that intake has to know, for one round trip."""
    queue_position = fair_queue.question(asked.widget.pk)
    return {
        "now": clock.question(),
        "same_form": Question(
            "SELECT 1 FROM callbacks_callrequest WHERE nonce = %s", (asked.nonce,)
        ),
        "restore_mark": Question("SELECT restore_mark FROM callbacks_callcontrol WHERE id = 1"),
        "blocked": block_list.question(number=number, email=email, address=asked.address),
        "queue_position": queue_position,
        **wait_estimate.questions(asked.widget, queue_position),
        **consent_texts.text_questions(asked.widget, asked.language, asked.consent_text),
    }


def _clean(asked: Submission) -> tuple[str, str]:
    """The number in E.164 and the email as it will be sent; raises `Invalid` for all at once."""
    errors: dict[str, Sentence] = {}
    number = email = ""
    try:
        number = phone_numbers.parse(asked.number, asked.widget.allowed_regions)
    except phone_numbers.NumberRefused as refused:
        errors["number"] = number_sentences.of(refused, asked.widget.allowed_regions)
    if asked.widget.email_required or asked.email.strip():
        try:
            email = email_addresses.clean(asked.email)
        except email_addresses.EmailRefused as refused:
            errors["email"] = refused.message
    if not asked.consent:
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
