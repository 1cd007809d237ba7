"""Intake: accept a request, or say why not.

Once `accept` has returned, the request is committed and the visitor may be told "we'll call you".
Whatever it refuses has changed nothing.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks.abuse import block_list, detection, limits, rejections
from callbacks.consent import proofs
from callbacks.contact import email_addresses, phone_numbers
from callbacks.core import clock, crypto, database
from callbacks.core.statements import Question, Statement, insertion
from callbacks.dispatch import fair_queue
from callbacks.models import (
    CallRequest,
    ConsentEvent,
    ConsentProof,
    RefusalKind,
    Status,
    Widget,
)
from callbacks.scheduling import wait_estimate
from callbacks.worker import tasks

Sentence = str | Promise

BLOCKED_SENTENCE = _(
    "We cannot take a request with these details. Please contact the company another way."
)
PAUSED_SENTENCE = _("We are not taking any requests at the moment. Please try again later.")

# What a refused visitor is told to wait.
WAITS = (
    *(timedelta(minutes=minutes) for minutes in (5, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 12, 24)),
)


@dataclass(frozen=True)
class Origin:
    """Where the visitor asked from, as far as it is known; cut to size and cleaned already."""

    page_url: str = ""
    page_title: str = ""
    referrer: str = ""
    utm: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What came in, as it was typed. `nonce` is the idempotency key: one for each form shown.

    `address`: the client's. `is_verified`: the site has signed number and email. `took`: from
    showing the form to its coming back, if known. `restore_mark`: of the last restore of a backup
    when the form was shown; None for what was not shown as a form.
    """

    widget: Widget
    nonce: str
    number: str
    email: str
    language: str
    consent: bool
    consent_text: str
    address: str = ""
    origin: Origin = Origin()
    is_verified: bool = False
    took: timedelta | None = None
    restore_mark: str | None = None


class Refused(Exception):
    """The request was not accepted; nothing was changed."""


class Invalid(Refused):
    """Something that was typed won't do. `errors`: a sentence for each field."""

    def __init__(self, errors: Mapping[str, Sentence]) -> None:
        super().__init__("invalid: " + ", ".join(errors))
        self.errors = dict(errors)


class TooMany(Refused):
    """A limit is reached. `retry_after`: how long until it is worth another try."""

    def __init__(self, kind: RefusalKind, sentence: Sentence, retry_after: timedelta) -> None:
        super().__init__("too many requests")
        self.kind = kind
        self.sentence = sentence
        self.retry_after = retry_after


class NotTaken(Refused):
    """No request is taken with these details, or from this widget now: the block list, or a
    pause. `sentence` doesn't tell a stranger which number is on the list."""

    def __init__(self, kind: RefusalKind, sentence: Sentence) -> None:
        super().__init__("not taken")
        self.kind = kind
        self.sentence = sentence


class AlreadyUsed(Refused):
    """This form was sent before, with other content. `sentence` says so to the visitor."""

    sentence: Sentence = _(
        "This form was already sent with other details. If you want another call, please check "
        "the form and send it again."
    )


class ShownBeforeRestore(Refused):
    """This form was shown before a backup was restored: whether it was taken, nobody knows."""

    sentence: Sentence = _(
        "Since you opened this form, we have had to restore our records from a backup. If you had "
        "already sent it, you may have been called. If you still want a call, please send it again."
    )


class _NotWritten(Exception):
    """A limit is full, or the same form has just been taken."""


@dataclass(frozen=True)
class Accepted:
    request: CallRequest
    # False: the same form was sent before, and this is the request that it led to.
    is_new: bool


def accept(asked: Asked) -> Accepted:
    """Takes the request in, commits it and wakes a worker.

    The same form sent twice (a double click, a reload) gives the same request, once. Raises
    `Invalid`, `TooMany`, `NotTaken`, `AlreadyUsed` or `ShownBeforeRestore`.
    """
    number, email = _clean(asked)
    try:
        return _accept(asked, number, email)
    except (TooMany, NotTaken) as refused:
        rejections.record(asked.widget, refused.kind, number=number, address=asked.address)
        raise


def _accept(asked: Asked, number: str, email: str) -> Accepted:
    widget = asked.widget
    found = database.ask(_questions(asked, number, email))
    now = clock.read(found["now"])
    if found["same_form"]:
        return _taken_before(asked)
    if asked.restore_mark is not None and asked.restore_mark != (found["restore_mark"] or ""):
        raise ShownBeforeRestore
    if widget.is_paused:
        raise NotTaken(RefusalKind.PAUSED, PAUSED_SENTENCE)
    if found["blocked"]:
        raise NotTaken(RefusalKind.BLOCKED, BLOCKED_SENTENCE)
    _check_patience(widget, found, now)
    allowed = [
        *limits.number_limits(number),
        *limits.widget_limits(widget),
        *limits.account_limits(),
    ]
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
        turn=fair_queue.question(widget.pk).as_value(),  # type: ignore[misc]
    )
    marks = detection.marks(widget, asked.took)
    is_new_text = found["text_id"] is None
    try:
        with transaction.atomic() if is_new_text else nullcontext():
            text = proofs.text_version(widget, asked.language, asked.consent_text, found, now)
            proof = proofs.proof_of(request, ConsentEvent.GIVEN, now, text)
            _write(request, proof, allowed, marks)
    except _NotWritten:
        if CallRequest.objects.filter(nonce=asked.nonce).exists():
            # The same form came in twice at this moment, and the other one was faster.
            return _taken_before(asked)
        with _as_too_many():
            limits.raise_if_full(allowed, now)
        return _accept(asked, number, email)  # what was in the way has gone meanwhile
    return Accepted(request, is_new=True)


def _write(
    request: CallRequest, proof: ConsentProof, allowed: Sequence[limits.Limit], marks: Sequence[str]
) -> None:
    """Saves the request, its evidence and its hits, all together, and wakes a worker.

    Raises `_NotWritten` when a limit is full or the form was taken before. The database itself sees
    no error: it would write the statement to its log, with the number.
    """
    keys = limits.keys_of(allowed, marks)
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
        raise _NotWritten
    database.inserted(request, saved)
    del request.turn  # the database knows: it is read when it is asked for
    transaction.on_commit(tasks.wake, robust=True)


def taken_before(widget: Widget, nonce: str, number: str, email: str) -> CallRequest | None:
    """Return the request that a form has led to, whatever would refuse the form by now; None when
    it was never taken.

    `number` and `email`: as they were typed. Raises `AlreadyUsed` when others were sent before.
    """
    earlier = CallRequest.objects.filter(nonce=nonce).first() if nonce else None
    if earlier is None:
        return None
    if earlier.widget_id != widget.pk:
        raise AlreadyUsed
    # An erased request holds nothing to compare with: its page says that it was erased.
    if earlier.erased_at is None and not _is_about(earlier, widget, number, email):
        raise AlreadyUsed
    return earlier


def _is_about(earlier: CallRequest, widget: Widget, number: str, email: str) -> bool:
    """Return whether what was typed is what the request holds, or held before it was corrected.

    By fingerprints, and in any region: the widget may allow others by now.
    """
    try:
        email = email_addresses.clean(email) if email.strip() else ""
    except email_addresses.EmailRefused:
        return False
    if crypto.email_hash(email) != earlier.email_hash:
        return False
    for regions in (widget.allowed_regions, phone_numbers.supported_regions()):
        meant = phone_numbers.search_forms(number, regions)
        if earlier.number_hash in map(crypto.number_hash, meant):
            return True
    return proofs.was_given(earlier, meant)


def _taken_before(asked: Asked) -> Accepted:
    earlier = taken_before(asked.widget, asked.nonce, asked.number, asked.email)
    if earlier is None:
        raise RuntimeError("The form was taken before, and its request is gone.")
    return Accepted(earlier, is_new=False)


def correct_number(request: CallRequest, typed: str) -> bool:
    """Changes the number of a request that still waits; the visitor had mistyped it.

    The new number must pass the same rules and limits. Out: False when it is too late, because
    the call is being placed or the request is over. Raises `Invalid`, `TooMany` or `NotTaken`.
    """
    try:
        number = phone_numbers.parse(typed, request.widget.allowed_regions)
    except phone_numbers.NumberRefused as refused:
        raise Invalid({"number": refused.message}) from None
    if number == request.number:
        return not request.is_over
    try:
        return _correct(request, number)
    except (TooMany, NotTaken) as refused:
        rejections.record(request.widget, refused.kind, number=number, address=request.address)
        raise


def _correct(request: CallRequest, number: str) -> bool:
    allowed = limits.number_limits(number)
    columns = crypto.number_columns(number)
    with transaction.atomic():
        now = limits.lock_number(number)
        changed = CallRequest.objects.filter(
            pk=request.pk,
            status=Status.QUEUED,
            number_hash=request.number_hash,
            erased_at=None,
        ).update(**columns, is_verified=False)
        if not changed:
            return False
        if block_list.is_blocked(number=number):
            raise NotTaken(RefusalKind.BLOCKED, BLOCKED_SENTENCE)
        corrected = copy(request)
        corrected.number = number
        proofs.record_again(corrected, ConsentEvent.CORRECTED)
        with _as_too_many():
            limits.hit(allowed, now)
    request.number, request.number_hash = number, columns["number_hash"]
    return True


def _questions(asked: Asked, number: str, email: str) -> database.Questions:
    """All that intake has to know, for one round trip."""
    turn = fair_queue.question(asked.widget.pk)
    return {
        "now": clock.question(),
        "same_form": Question(
            "SELECT 1 FROM callbacks_callrequest WHERE nonce = %s", (asked.nonce,)
        ),
        "restore_mark": Question("SELECT restore_mark FROM callbacks_gate WHERE id = 1"),
        "blocked": block_list.question(number=number, email=email, address=asked.address),
        "turn": turn,
        **wait_estimate.questions(asked.widget, turn),
        **proofs.text_questions(asked.widget, asked.language, asked.consent_text),
    }


@contextmanager
def _as_too_many() -> Iterator[None]:
    """A limit that is reached, as the visitor is told."""
    try:
        yield
    except limits.LimitReached as reached:
        wait = _coarse(reached.retry_after)
        raise TooMany(RefusalKind(reached.what), _come_back_in(wait), wait) from None


def _clean(asked: Asked) -> tuple[str, str]:
    """The number in E.164 and the email as it will be sent; raises `Invalid` for all at once."""
    errors: dict[str, Sentence] = {}
    number = email = ""
    try:
        number = phone_numbers.parse(asked.number, asked.widget.allowed_regions)
    except phone_numbers.NumberRefused as refused:
        errors["number"] = refused.message
    if asked.widget.email_required or asked.email.strip():
        try:
            email = email_addresses.clean(asked.email)
        except email_addresses.EmailRefused as refused:
            errors["email"] = refused.message
    if not asked.consent:
        errors["consent"] = _("Please tick this box: we may not call you without your consent.")
    if errors:
        raise Invalid(errors)
    return number, email


def _check_patience(widget: Widget, found: database.Answers, now: datetime) -> None:
    """Raises `TooMany` when the call would come too late from its place in the queue."""
    wait = wait_estimate.expected_wait(widget, found, now)
    if wait >= widget.patience:
        retry_after = max(wait - widget.patience, timedelta(minutes=1))
        raise TooMany(RefusalKind.BUSY, _wait_sentence(retry_after), retry_after)


def _wait_sentence(retry_after: timedelta) -> Sentence:
    return _(
        "So many people want to be called right now that we could not call you in time. Please "
        "try again in about %(n)d min."
    ) % {"n": math.ceil(retry_after.total_seconds() / 60)}


def _coarse(wait: timedelta) -> timedelta:
    """The next longer of a few waits: which limit it was cannot be read from the exact one."""
    return next((step for step in WAITS if wait <= step), WAITS[-1])


def _come_back_in(wait: timedelta) -> Sentence:
    """The same for every limit, so that nobody learns whether a number has asked before."""
    minutes = int(wait.total_seconds() // 60)
    if minutes < 60:
        return _(
            "We cannot take another request right now. Please try again in about %(n)d min."
        ) % {"n": minutes}
    return _("We cannot take another request right now. Please try again in about %(n)d h.") % {
        "n": minutes // 60
    }
