"""Retention, erasure and export of personal data.

A request is never deleted: erased, it keeps its figures (when, which widget, what became of it)
and nothing about a person. The proof of consent stays longer, as commitments that can be verified
but not read.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from callbacks.abuse import block_list, limits
from callbacks.accounts import audit_log
from callbacks.consent import proofs as consent_proofs
from callbacks.core import clock, crypto
from callbacks.lifecycle import actions, transitions
from callbacks.models import (
    Actor,
    Attempt,
    Block,
    BlockKind,
    CallRequest,
    ConsentProof,
    Erasure,
    ErasureCause,
    LimitHit,
    Move,
    Note,
    Outcome,
    Reason,
    Refusal,
    Status,
    Widget,
)
from callbacks.models.attempt import GRACE

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# A month is reckoned as the longest one, so that nothing goes before its time.
MONTH = timedelta(days=31)
BATCH = 500
EXPORTED = (
    "id",
    "number",
    "email",
    "language",
    "created_at",
    "status",
    "reason",
    "consent_text",
    "consent_at",
    "page_url",
    "page_title",
    "referrer",
    "utm",
    "address",
    "is_verified",
)
# What is handed out in the place of a value that no key reads.
UNREADABLE = _("cannot be decrypted")
UNDER_WAY = (Status.QUEUED, Status.CALLING)


class CallUnderWay(Exception):
    """The person is being called at this moment. `until`: when the call is over at the latest."""

    def __init__(self, until: datetime) -> None:
        super().__init__("a call is under way")
        self.until = until


@dataclass
class Counts:
    requests: int = 0
    addresses: int = 0
    proofs: int = 0
    limits: int = 0
    blocks: int = 0
    refusals: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())


def about(*, number: str = "", email: str = "") -> QuerySet[CallRequest]:
    """The requests about a number (E.164) or an email, or both; none when neither is given."""
    who = Q(pk__in=[])
    if number:
        who |= Q(number_hash=crypto.number_hash(number))
    if email:
        who |= Q(email_hash=crypto.email_hash(email))
    return CallRequest.objects.filter(who)


def same_person(request: CallRequest) -> QuerySet[CallRequest]:
    """The requests with the same number or email, by their fingerprints: also where neither can
    be decrypted."""
    who = Q(pk=request.pk)
    if request.number_hash:
        who |= Q(number_hash=request.number_hash)
    if request.email_hash:
        who |= Q(email_hash=request.email_hash)
    return CallRequest.objects.filter(who)


def erase(
    person: "User | None",
    *,
    number: str = "",
    email: str = "",
    request: CallRequest | None = None,
) -> Erasure:
    """Erases everything about a number or an email, at once, and certifies it; with `request`,
    about the person who sent it.

    What waits is cancelled first. Raises `CallUnderWay`, with nothing erased, when a call is
    being placed. An entry of the block list stays in force, without the number and the words that
    staff wrote.

    The rows are found once and locked from then on: a worker passes them over, and whoever moves
    one waits and finds it erased. A form, a correction or a retry with the number waits for the
    number's lock. A form with the email that commits after the rows were found is a new request,
    with a consent of its own, and is left alone.
    """
    number = number or (request.number if request else "")
    found = same_person(request) if request else about(number=number, email=email)
    with transaction.atomic():
        now = limits.lock_number(number) if number else clock.now()
        rows = found.select_for_update().order_by("pk")
        requests = list(rows.only("status", "attempts_made", "erased_at"))
        calling = [request for request in requests if request.status == Status.CALLING]
        if calling:
            raise CallUnderWay(_over_at(calling, now))
        for request in requests:
            if request.status == Status.QUEUED and not transitions.make(
                request, transitions.CANCEL, Actor.WORKER, reason=Reason.ERASED
            ):
                raise RuntimeError("A request changed although its row was locked.")
        counts = _erase_rows([request.pk for request in requests], now)
        if number:
            counts.limits, _of_each = LimitHit.objects.filter(
                key=limits.number_key(number)
            ).delete()
            counts.refusals = _refusals_of(number).update(number_hash=f"erased-{_anything()}")
            entry = _block_of(number)
            entry.exclude(reason=actions.BY_VISITOR).update(reason="")
            counts.blocks = entry.update(value="")
        certificate = Erasure.objects.create(
            at=now, cause=ErasureCause.REQUEST, person=person, counts=asdict(counts)
        )
        audit_log.record(person, "privacy.erase", certificate.certificate)
    return certificate


def _over_at(calling: Sequence[CallRequest], now: datetime) -> datetime:
    """Return the time at which the sweep ends these calls if nobody else has."""
    pending = Attempt.objects.filter(request__in=calling, outcome=Outcome.PENDING)
    deadline = pending.aggregate(latest=Max("deadline_at"))["latest"] or now
    return max(deadline, now) + GRACE


def _block_of(number: str) -> QuerySet[Block]:
    """The number's own entry of the block list."""
    return Block.objects.filter(key=block_list.key_of(BlockKind.NUMBER, number))


def _refusals_of(number: str) -> QuerySet[Refusal]:
    return Refusal.objects.filter(number_hash=crypto.number_hash(number))


def _anything() -> str:
    """Tells the refusals of one who was erased from those of another, and nothing else."""
    return get_random_string(20)


def _erase_rows(pks: list[int], now: datetime) -> Counts:
    """Take out of these requests what is about a person, unless they are queued or calling by now.

    What belongs to a request goes only with the request itself.
    """
    proofs = list(consent_proofs.to_empty(ConsentProof.objects.filter(request__in=pks)))
    rows = CallRequest.objects.filter(pk__in=pks, erased_at=None)
    count = rows.exclude(status__in=UNDER_WAY).update(
        **crypto.number_columns(""),
        email="",
        email_hash="",
        page_url="",
        page_title="",
        referrer="",
        utm={},
        address="",
        erased_at=now,
    )
    erased = CallRequest.objects.filter(pk__in=pks, erased_at__isnull=False)
    pks = list(erased.order_by().values_list("pk", flat=True))
    proofs = [
        proof
        for proof in proofs
        if proof.request_id in pks and (proof.salt or proof.request.erased_at is None)
    ]
    Attempt.objects.filter(request__in=pks).update(excerpt="")
    Move.objects.filter(request__in=pks).update(note="")
    Note.objects.filter(request__in=pks).delete()
    emptied = sum(bool(proof.salt) for proof in proofs)
    consent_proofs.empty(proofs, now, salt="", page_url="")
    return Counts(requests=count, proofs=emptied)


def export(*, number: str = "", email: str = "") -> dict[str, Any]:
    """Everything that is stored about a number or an email, for the person it is about."""
    found = about(number=number, email=email).select_related("widget")
    everything = {"requests": [_exported(request) for request in found.order_by("pk")]}
    if number:
        everything["block_list"] = _rows(_block_of(number), "created_at reason until")
        everything["refusals"] = _rows(_refusals_of(number), "minute widget__name kind count")
    return everything


def _exported(request: CallRequest) -> dict[str, Any]:
    return {
        **{name: _plain(getattr(request, name)) for name in EXPORTED},
        "widget": request.widget.name,
        "attempts": _rows(
            request.attempts, "number started_at ended_at outcome http_status excerpt"
        ),
        "moves": _rows(request.moves, "at name from_status to_status actor reason note"),
        "notes": _rows(request.notes, "at text"),
        "consent": _rows(request.consent_proofs, "event at page_url digest link chain"),
    }


def _rows(related: Any, names: str) -> list[dict[str, Any]]:
    return [
        {name: _plain(value) for name, value in row.items()}
        for row in related.order_by("pk").values(*names.split())
    ]


def _plain(value: Any) -> Any:
    if crypto.is_unreadable(value):
        return str(UNREADABLE)
    return value.isoformat() if isinstance(value, datetime) else value


def over_due(widget: Widget, now: datetime) -> dict[str, QuerySet[Any]]:
    """What retention says must go by `now`, of one widget, by kind."""
    requests = CallRequest.objects.filter(widget=widget)
    old = now - widget.retention_months * MONTH
    return {
        "requests": requests.filter(created_at__lt=old, erased_at=None).exclude(
            status__in=UNDER_WAY
        ),
        "addresses": requests.filter(
            created_at__lt=now - timedelta(days=widget.address_days),
            created_at__gte=old,
            erased_at=None,
            address__empty=False,
        ).exclude(status__in=UNDER_WAY),
        "proofs": ConsentProof.objects.filter(
            request__widget=widget, at__lt=now - widget.proof_months * MONTH, emptied_at=None
        ).exclude(link=None),
    }


def _locked(rows: QuerySet[CallRequest], batch: int) -> list[int]:
    """Lock some of these rows, but none that somebody else is at; return their keys."""
    free = rows.select_for_update(skip_locked=True)
    return list(free.values_list("pk", flat=True)[:batch])


def purge(now: datetime, batch: int = BATCH) -> Counts:
    """One batch of retention for each widget; run again while it does something. Certified."""
    total = Counts()
    for widget in Widget.objects.all():
        due = over_due(widget, now)
        with transaction.atomic():
            erased = _erase_rows(_locked(due["requests"], batch), now)
            addresses = CallRequest.objects.filter(pk__in=_locked(due["addresses"], batch)).exclude(
                status__in=UNDER_WAY
            )
            # With their requests, whose erasure would write the same seals.
            proofs = consent_proofs.to_empty(due["proofs"]).select_for_update(
                of=("self", "request"), skip_locked=True
            )
            counts = Counts(
                requests=erased.requests,
                addresses=addresses.update(address=""),
                proofs=consent_proofs.empty(
                    list(proofs[:batch]),
                    salt="",
                    text=None,
                    page_url="",
                    page_commitment="",
                    number_commitment="",
                    email_commitment="",
                    address_commitment="",
                    emptied_at=now,
                ),
            )
            if counts:
                Erasure.objects.create(
                    at=now,
                    cause=ErasureCause.RETENTION,
                    counts=asdict(counts) | {"widget": widget.name},
                )
        total.requests += counts.requests
        total.addresses += counts.addresses
        total.proofs += counts.proofs
    return total
