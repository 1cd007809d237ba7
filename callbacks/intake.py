"""Intake: accept a request, or say why not.

Once `accept` has returned, the request is committed and the visitor may be told "we'll call you".
Whatever it refuses has changed nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks import clock, emails, limits, numbers, tasks
from callbacks.dispatch.forecast import expected_wait
from callbacks.dispatch.turns import next_turn
from callbacks.models import CallRequest, Status, Widget

Sentence = str | Promise


@dataclass(frozen=True)
class Asked:
    """What came in, as it was typed. `nonce` is the idempotency key: one for each form shown."""

    widget: Widget
    nonce: str
    number: str
    email: str
    language: str
    consent: bool
    consent_text: str


class Refused(Exception):
    """The request was not accepted; nothing was changed."""


class Invalid(Refused):
    """Something that was typed won't do. `errors`: a sentence for each field."""

    def __init__(self, errors: Mapping[str, Sentence]) -> None:
        super().__init__("invalid: " + ", ".join(errors))
        self.errors = dict(errors)


class TooMany(Refused):
    """A limit is reached. `retry_after`: how long until it is worth another try."""

    def __init__(self, sentence: Sentence, retry_after: timedelta) -> None:
        super().__init__("too many requests")
        self.sentence = sentence
        self.retry_after = retry_after


class AlreadyUsed(Refused):
    """This form was sent before, with other content. `sentence` says so to the visitor."""

    sentence: Sentence = _(
        "This form was already sent with other details. If you want another call, please check "
        "the form and send it again."
    )


@dataclass(frozen=True)
class Accepted:
    request: CallRequest
    # False: the same form was sent before, and this is the request that it led to.
    is_new: bool


def accept(asked: Asked) -> Accepted:
    """Takes the request in, commits it and wakes a worker.

    The same form sent twice (a double click, a reload) gives the same request, once. Raises
    `Invalid`, `TooMany` or `AlreadyUsed`.
    """
    number, email = _clean(asked)
    widget = asked.widget
    allowed = [*limits.number_limits(number), *limits.widget_limits(widget)]
    with transaction.atomic():
        limits.lock(allowed)
        earlier = CallRequest.objects.filter(nonce=asked.nonce).first()
        if earlier is not None:
            if (earlier.widget_id, earlier.number, earlier.email) != (widget.pk, number, email):
                raise AlreadyUsed
            return Accepted(earlier, is_new=False)
        now = clock.now()
        try:
            limits.hit(allowed, now)
        except limits.LimitReached as reached:
            raise TooMany(_sentence(reached), reached.retry_after) from None
        turn = _turn_within_patience(widget, now)
        request = CallRequest.objects.create(
            widget=widget,
            nonce=asked.nonce,
            number=number,
            email=email,
            language=asked.language,
            consent_text=asked.consent_text,
            consent_at=now,
            created_at=now,
            status_at=now,
            due_at=now,
            patience_until=now + widget.patience,
            turn=turn,
        )
        transaction.on_commit(tasks.wake, robust=True)
    return Accepted(request, is_new=True)


def correct_number(request: CallRequest, typed: str) -> bool:
    """Changes the number of a request that still waits; the visitor had mistyped it.

    The new number must pass the same rules and limits. Out: False when it is too late, because
    the call is being placed or the request is over. Raises `Invalid` or `TooMany`.
    """
    try:
        number = numbers.parse(typed, request.widget.allowed_regions)
    except numbers.NumberRefused as refused:
        raise Invalid({"number": refused.message}) from None
    if number == request.number:
        return not request.is_over
    allowed = limits.number_limits(number)
    with transaction.atomic():
        limits.lock(allowed)
        changed = CallRequest.objects.filter(
            pk=request.pk, status=Status.QUEUED, number=request.number
        ).update(number=number)
        if not changed:
            return False
        try:
            limits.hit(allowed, clock.now())
        except limits.LimitReached as reached:
            raise TooMany(_sentence(reached), reached.retry_after) from None
    request.number = number
    return True


def _clean(asked: Asked) -> tuple[str, str]:
    """The number in E.164 and the email as it will be sent; raises `Invalid` for all at once."""
    errors: dict[str, Sentence] = {}
    number = email = ""
    try:
        number = numbers.parse(asked.number, asked.widget.allowed_regions)
    except numbers.NumberRefused as refused:
        errors["number"] = refused.message
    if asked.widget.email_required or asked.email.strip():
        try:
            email = emails.clean(asked.email)
        except emails.EmailRefused as refused:
            errors["email"] = refused.message
    if not asked.consent:
        errors["consent"] = _("Please tick this box: we may not call you without your consent.")
    if errors:
        raise Invalid(errors)
    return number, email


def _turn_within_patience(widget: Widget, now: datetime) -> int:
    """The place in the queue; raises `TooMany` when the call would come too late from there."""
    turn = next_turn(widget.pk)
    wait = expected_wait(widget, turn, now)
    if wait >= widget.patience:
        retry_after = max(wait - widget.patience, timedelta(minutes=1))
        raise TooMany(_wait_sentence(retry_after), retry_after)
    return turn


def _wait_sentence(retry_after: timedelta) -> Sentence:
    return _(
        "So many people want to be called right now that we could not call you in time. Please "
        "try again in about %(n)d min."
    ) % {"n": math.ceil(retry_after.total_seconds() / 60)}


def _sentence(reached: limits.LimitReached) -> Sentence:
    minutes = max(1, math.ceil(reached.retry_after.total_seconds() / 60))
    if minutes < 60:
        return _(
            "We cannot take another request right now. Please try again in about %(n)d min."
        ) % {"n": minutes}
    return _("We cannot take another request right now. Please try again in about %(n)d h.") % {
        "n": -(-minutes // 60)
    }
