"""Erase everything about one data subject, and certify it.

A request is never deleted. After its erasure it keeps its statistics (when, which widget, how it
ended) and nothing about the data subject. Its proof of consent is kept longer, as commitments that
can be verified but not read.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.crypto import get_random_string

from callbacks.abuse import limits
from callbacks.accounts import audit_log
from callbacks.consent import proof as consent_proof
from callbacks.contact.e164 import Number
from callbacks.core import clock, crypto
from callbacks.data_protection import rows_about
from callbacks.lifecycle import blocking, transitions
from callbacks.models import (
    Actor,
    Attempt,
    Block,
    CallOutcome,
    CallRequest,
    ConsentProof,
    Erasure,
    ErasureCause,
    LimitHit,
    Look,
    MessageKind,
    Move,
    Note,
    OutboxMessage,
    Outcome,
    Reason,
    Status,
    TeamMailRecipient,
)
from callbacks.models.attempt import GRACE
from callbacks.visitor_mails import opt_out
from callbacks.webhooks import events

if TYPE_CHECKING:
    from django.contrib.auth.models import User

UNDER_WAY = (Status.QUEUED, Status.CALLING)


class CallUnderWay(Exception):
    """The data subject is being called at this moment, so nothing was erased.

    `until` is when the call is over at the latest.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__("a call is under way")
        self.until = until


@dataclass
class Counts:
    """The number of rows that were erased, by kind. It is false if all are zero."""

    requests: int = 0
    addresses: int = 0
    proofs: int = 0
    limits: int = 0
    blocks: int = 0
    refusals: int = 0
    recipients: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())


def erase(
    person: "User | None",
    *,
    number: Number = "",
    email: str = "",
    call_request: CallRequest | None = None,
) -> Erasure:
    """Erase everything about a number or an email at once, and certify it.

    With `call_request`, erase everything about its visitor. `person` is the member of
    staff who erases, or None.

    A waiting request is cancelled first. An entry of the block list stays in force, but loses the
    number and the words that staff wrote. Emails to the team stop only if `email` itself is erased:
    a member of the team may have tried the form with their own address.

    The requests are found once and locked from then on. A worker skips them. Any other change of
    one of them waits, and then finds it erased. A form, a correction or a retry with the same
    number waits for the number's lock. A form with the same email may be committed after the
    requests were found. It is a new request with its own consent, and is not erased.

    Raises:
        CallUnderWay: a call to the data subject is being placed; nothing was erased.
    """
    number = number or (call_request.number if call_request else "")
    address = email or (call_request.email if call_request else "")
    found = (
        rows_about.same_person(call_request)
        if call_request
        else rows_about.requests_of(number=number, email=email)
    )
    with transaction.atomic():
        now = limits.lock_number(number) if number else clock.now()
        rows = found.select_for_update().order_by("pk")
        requests = list(rows.only("status", "attempts_made", "erased_at"))
        calling = [
            call_request for call_request in requests if call_request.status == Status.CALLING
        ]
        if calling:
            raise CallUnderWay(_over_at(calling, now))
        for call_request in requests:
            if call_request.status == Status.QUEUED and not transitions.transition(
                call_request, transitions.CANCEL, Actor.WORKER, reason=Reason.ERASED
            ):
                raise RuntimeError("A request changed although its row was locked.")
        counts = erase_rows([call_request.pk for call_request in requests], now)
        for call_request in requests:
            if call_request.erased_at is None:
                events.tell_erased(call_request)
        rows_about.outcomes_of(number=number, email=email).delete()
        if number:
            counts.limits, _of_each = LimitHit.objects.filter(
                key=limits.number_key(number)
            ).delete()
            counts.refusals = rows_about.refusals_of(number).update(
                number_hash=f"erased-{_anything()}"
            )
            counts.blocks = _empty(rows_about.block_of(number))
        if address:
            counts.blocks += _empty(rows_about.mail_block_of(address))
        if email:
            _all, deleted = rows_about.recipients_of(email).delete()
            counts.recipients = deleted.get(TeamMailRecipient._meta.label, 0)
        certificate = Erasure.objects.create(
            at=now, cause=ErasureCause.REQUEST, person=person, counts=asdict(counts)
        )
        audit_log.record(person, "privacy.erase", certificate)
    return certificate


def _over_at(calling: Sequence[CallRequest], now: datetime) -> datetime:
    """Return the time at which housekeeping ends these calls if no worker has ended them."""
    pending = Attempt.objects.filter(call_request__in=calling, outcome=Outcome.PENDING)
    deadline = pending.aggregate(latest=Max("deadline_at"))["latest"] or now
    return max(deadline, now) + GRACE


def _empty(entry: QuerySet[Block]) -> int:
    """Empty what an entry of the block list says about the data subject; it stays in force.

    Return the number of rows. The words that the site itself wrote for a visitor's wish are kept.
    """
    entry.exclude(reason__in=[blocking.BY_VISITOR, opt_out.BY_VISITOR]).update(reason="")
    return entry.update(value="")


def _anything() -> str:
    """Return a random name that keeps the refusals of erased data subjects apart."""
    return get_random_string(20)


def erase_rows(pks: list[int], now: datetime) -> Counts:
    """Erase what is about the data subject in these requests, except in queued and calling ones.

    Call it inside a transaction. With a request, its attempts, moves and proofs are emptied, and
    its notes, call outcomes and emails deleted. `pks` are primary keys of requests. The counts
    returned are those of requests and proofs.
    """
    # Locked, because the chain writes seals as well.
    rows_of_proofs = ConsentProof.objects.filter(call_request__in=pks).order_by("pk")
    proofs = list(consent_proof.to_seal(rows_of_proofs).select_for_update(of=("self",)))
    rows = CallRequest.objects.filter(pk__in=pks, erased_at=None)
    count = rows.exclude(status__in=UNDER_WAY).update(
        **crypto.number_columns(""),
        consumer_zone="",
        email="",
        email_hash="",
        page_url="",
        page_title="",
        referrer="",
        campaign={},
        answers={},
        personal_answers="",
        address="",
        viewed_at=None,
        blocked_at=None,
        asked_for="",
        slot_start=None,
        slot_end=None,
        confirmed_for=None,
        erased_at=now,
    )
    erased = CallRequest.objects.filter(pk__in=pks, erased_at__isnull=False)
    pks = list(erased.order_by().values_list("pk", flat=True))
    proofs = [
        proof
        for proof in proofs
        if proof.call_request_id in pks and (proof.salt or proof.call_request.erased_at is None)
    ]
    Attempt.objects.filter(call_request__in=pks).update(excerpt="")
    Move.objects.filter(call_request__in=pks).update(note="")
    Note.objects.filter(call_request__in=pks).delete()
    CallOutcome.objects.filter(call_request__in=pks).delete()
    Look.objects.filter(call_request__in=pks).delete()
    messages = OutboxMessage.objects.filter(call_request__in=pks)
    messages.exclude(kind=MessageKind.WEBHOOK).delete()
    # They contain nothing about the data subject, and other systems must hear of what happened.
    messages.update(excerpt="")
    emptied = sum(bool(proof.salt) for proof in proofs)
    consent_proof.empty(proofs, now, salt="", page_url="")
    return Counts(requests=count, proofs=emptied)
