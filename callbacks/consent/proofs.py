"""Consent and its proof (Code de la consommation, L223-1: the proof is the caller's).

Each request leaves evidence of what was shown, when, where and to whom; so do a corrected number
and a withdrawal. Three values of a row are keyed with `HASH_KEY`, which the database does not hold:

- the *digest* of what happened, which never changes;
- the *seal* of the whole row as it stands. Erasure and retention empty columns and write it anew,
  but only if it fitted before: so an emptied row is known to be emptied by them;
- its value in the *chain* of all digests, in which a row that is gone is missed. The sweep makes
  the chain, because visitors would wait for each other if intake did.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import gettext_noop as _

from callbacks.core import clock, crypto, database
from callbacks.core.statements import Question
from callbacks.models import CallRequest, ConsentEvent, ConsentProof, ConsentText, Widget

CHAIN_START = "0" * 64
# So many rows are read at once.
PAGE = 1000
# The seal covers every other column. The chain covers these, once the row has its place.
UNSEALED = ("id", "link", "chain", "seal")
# What a row holds commitments to.
COMMITTED = ("page", "number", "email", "address")


@lru_cache(maxsize=256)  # a form asks for it twice, and texts are few
def text_digest(text: str) -> str:
    """The SHA-256 of a consent text, in hex: what an authority can compute by itself."""
    return hashlib.sha256(text.encode()).hexdigest()


def text_questions(widget: Widget, language: str, text: str) -> database.Questions:
    """What `text_version` has to know."""
    known = "FROM callbacks_consenttext WHERE widget_id = %s AND language = %s AND digest = %s"
    mine = (widget.pk, language, text_digest(text))
    return {
        "text_id": Question(f"SELECT id {known}", mine),
        "text_version": Question(f"SELECT version {known}", mine),
    }


def text_version(
    widget: Widget, language: str, text: str, found: database.Answers, now: datetime
) -> ConsentText:
    """The version of `text`; made when it is shown for the first time.

    To be called inside a transaction, with the answers to `text_questions`.
    """
    digest = text_digest(text)
    version = ConsentText(widget=widget, language=language, text=text, digest=digest)
    if found["text_id"] is not None:
        version.pk, version.version = found["text_id"], found["text_version"]
        return version
    # Two may be the first to show it: the second finds what the first has made.
    database.lock([f"consent-text:{widget.pk}"])
    others = ConsentText.objects.filter(widget=widget, language=language)
    known = others.filter(digest=digest).first()
    if known is not None:
        return known
    version.version = (others.aggregate(latest=Max("version"))["latest"] or 0) + 1
    version.created_at = now
    version.save()
    return version


def proof_of(
    request: CallRequest, event: ConsentEvent, at: datetime, text: ConsentText | None
) -> ConsentProof:
    """The evidence of one event, to be saved in the transaction of what it is evidence of."""
    salt = get_random_string(32)
    proof = ConsentProof(
        request=request,
        event=event,
        at=at,
        text=text,
        page_url=request.page_url,
        salt=salt,
        page_commitment=_commitment("page", salt, request.page_url),
        number_commitment=_commitment("number", salt, request.number),
        email_commitment=_commitment("email", salt, request.email),
        address_commitment=_commitment("address", salt, request.address),
    )
    proof.digest = _digest(proof)
    proof.seal = _seal(proof)
    return proof


def record_again(request: CallRequest, event: ConsentEvent) -> ConsentProof:
    """Saves the evidence of a later event, under the text that the request was made under."""
    first = request.consent_proofs.filter(event=ConsentEvent.GIVEN).first()
    return database.insert(proof_of(request, event, clock.now(), first.text if first else None))


def was_given(request: CallRequest, numbers: Sequence[str]) -> bool:
    """Return whether the request was made with one of these numbers (E.164), even if it was
    corrected afterwards."""
    given = request.consent_proofs.filter(event=ConsentEvent.GIVEN).exclude(salt="")
    return any(
        constant_time_compare(proof.number_commitment, _commitment("number", proof.salt, number))
        for proof in given
        for number in numbers
    )


def with_requests() -> QuerySet[ConsentProof]:
    """Return all proofs, each with all that its digest and its seal cover."""
    return ConsentProof.objects.select_related("request__widget", "text")


def to_empty(proofs: QuerySet[ConsentProof]) -> QuerySet[ConsentProof]:
    """Return these proofs with what their seals cover, and nothing about a person to decrypt."""
    columns = [column.name for column in ConsentProof._meta.concrete_fields]
    facts = ("request__token", "request__erased_at", "request__widget__public_id")
    return proofs.select_related("request__widget").only(*columns, *facts)


def empty(
    proofs: Sequence[ConsentProof], erased_at: datetime | None = None, **columns: object
) -> int:
    """Write these columns of proofs that erasure or retention empties; return how many rows.

    `proofs` are from `to_empty`, read when their requests were locked and before these were
    changed. `erased_at`: when the requests are erased, if this is their erasure.
    A row whose seal does not fit keeps it, so that a change is not made good by emptying the row.
    """
    sealed = [_is_sealed(proof) for proof in proofs]
    for proof, is_sealed in zip(proofs, sealed, strict=True):
        for name, value in columns.items():
            setattr(proof, name, value)
        proof.request.erased_at = proof.request.erased_at or erased_at
        if is_sealed:
            proof.seal = _seal(proof)
    ConsentProof.objects.bulk_update(proofs, [*columns, "seal"], batch_size=PAGE)
    return len(proofs)


def chain_up(batch: int = 500) -> int:
    """Gives proofs that have none their place in the chain; returns how many."""
    with transaction.atomic():
        database.lock(["consent-chain"])
        waiting = list(ConsentProof.objects.filter(link=None).order_by("pk")[:batch])
        if not waiting:
            return 0
        link, chain = head()
        for proof in waiting:
            link += 1
            chain = _chained(chain, proof)
            proof.link, proof.chain = link, chain
        ConsentProof.objects.bulk_update(waiting, ["link", "chain"])
    return len(waiting)


def head() -> tuple[int, str]:
    """Return the last place of the chain and the chain's value there.

    Kept outside the database, it shows later whether the newest proofs were cut off (`holds`).
    """
    last = ConsentProof.objects.filter(link__isnull=False).order_by("-link").first()
    return (last.link or 0, last.chain) if last else (0, CHAIN_START)


def holds(link: int, chain: str) -> bool:
    """Return whether the chain still has this value at this place."""
    if link == 0:
        return chain == CHAIN_START
    row = ConsentProof.objects.filter(link=link).first()
    return row is not None and constant_time_compare(row.chain, chain)


@dataclass(frozen=True)
class Problem:
    """Something that was changed behind our back. `proof`: its row's id, or the one after a gap."""

    proof: int
    what: str


@dataclass(frozen=True)
class Unverified:
    """A part of a proof that nothing is left to hold against, and why; `since` when."""

    part: str
    why: str
    since: datetime | None = None


class Verdict(StrEnum):
    VERIFIED = "verified"
    UNVERIFIABLE = "cannot be verified"
    CHANGED = "changed"


@dataclass(frozen=True)
class Result:
    """What a check found of one row. Parts: event, time, text, chain and those in `COMMITTED`."""

    proof: ConsentProof
    problems: list[Problem] = field(default_factory=list)
    verified: list[str] = field(default_factory=list)
    unverified: list[Unverified] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Return `UNVERIFIABLE` when nothing is left that says whose consent it was."""
        if self.problems:
            return Verdict.CHANGED
        return Verdict.VERIFIED if self.proof.salt else Verdict.UNVERIFIABLE

    def found(self, what: str) -> None:
        self.problems.append(Problem(self.proof.pk, what))


ERASED = _("the request was erased")
EMPTIED = _("the time to keep the proof was over")
CORRECTED = _("the number was corrected, and the earlier one is not kept")
NOT_KEPT = _("it is not kept any more")
NOT_CHAINED = _("it has no place in the chain yet")
CANNOT_BE_READ = _("it cannot be decrypted")
UNFIT_SEAL = _("differs from its seal")
UNFIT_DIGEST = _("differs from its digest")
UNFIT_CHAIN = _("does not fit into the chain")
GAP = _("rows before this one are missing")
COPY = _("is a copy of another row")
TEXT_CHANGED = _("the consent text was changed")
TIME_CHANGED = _("the request's time was changed")
UNREADABLE = {
    "number": _("the request's number cannot be decrypted"),
    "email": _("the request's email cannot be decrypted"),
}
CHANGED = {
    "page": _("the page was changed"),
    "number": _("the request's number was changed"),
    "email": _("the request's email was changed"),
    "address": _("the request's address was changed"),
}


def verify(newest: int | None = None) -> Iterator[Problem]:
    """Yield what was changed, of the rows that `results` checks.

    What cannot be verified is no problem, and is not verified either: see `results`.
    """
    for result in results(newest):
        yield from result.problems


def results(newest: int | None = None) -> Iterator[Result]:
    """Hold rows against their seals, digests and requests, and the chain; yield one result each.

    All rows, or the `newest` places of the chain and what has no place in it yet.
    """
    chain, link = CHAIN_START, 0
    chained = ConsentProof.objects.filter(link__isnull=False)
    if newest is not None:
        last = chained.aggregate(last=Max("link"))["last"] or 0
        before = chained.filter(link__lte=last - newest).order_by("-link").first()
        if before is not None:
            chain, link = before.chain, before.link or 0
    rows = with_requests().prefetch_related("request__consent_proofs")
    for proof in _in_pages(rows, "link", behind=link):
        yield _result(proof, chain if proof.link == link + 1 else None)
        chain, link = proof.chain, proof.link or link
    for proof in _in_pages(rows.filter(link=None), "id", behind=0):
        yield _result(proof, None)


def check(proof: ConsentProof) -> Result:
    """Hold one row against its seal, its digest, its request and its place in the chain."""
    before = None
    if proof.link == 1:
        before = CHAIN_START
    elif proof.link is not None:
        earlier = ConsentProof.objects.filter(link=proof.link - 1).first()
        before = earlier.chain if earlier else None
    return _result(proof, before)


def _in_pages(rows: QuerySet[ConsentProof], key: str, *, behind: int) -> Iterator[ConsentProof]:
    """In the order of `key`. Not by a cursor, which transaction pooling does not carry."""
    while page := list(rows.filter(**{f"{key}__gt": behind}).order_by(key)[:PAGE]):
        yield from page
        behind = getattr(page[-1], key)


def _result(proof: ConsentProof, before: str | None) -> Result:
    """`before`: the chain's value at the place before the row's; None when there is none."""
    result = Result(proof)
    others = [other for other in proof.request.consent_proofs.all() if other.pk != proof.pk]
    _hold_what_happened(result, others)
    corrections = (
        other for other in others if other.event == ConsentEvent.CORRECTED and other.pk > proof.pk
    )
    correction = min(corrections, key=lambda other: other.pk, default=None)
    for part in COMMITTED:
        _hold_commitment(result, part, correction)
    if proof.link is not None:
        if before is None:
            result.found(GAP)
        elif not constant_time_compare(proof.chain, _chained(before, proof)):
            result.found(UNFIT_CHAIN)
        else:
            result.verified.append("chain")
    elif proof.chain:
        result.found(UNFIT_CHAIN)
    else:
        result.unverified.append(Unverified("chain", NOT_CHAINED))
    return result


def _hold_what_happened(result: Result, others: Sequence[ConsentProof]) -> None:
    """Hold event, time and text against seal, digest and request."""
    proof, request, text = result.proof, result.proof.request, result.proof.text
    if not _is_sealed(proof):
        result.found(UNFIT_SEAL)
    if proof.emptied_at is None and not constant_time_compare(proof.digest, _digest(proof)):
        result.found(UNFIT_DIGEST)
    if any(constant_time_compare(proof.digest, other.digest) for other in others):
        result.found(COPY)
    is_given = proof.event == ConsentEvent.GIVEN
    if is_given and not proof.at == request.created_at == request.consent_at:
        result.found(TIME_CHANGED)
    if text is not None and (
        text.digest != text_digest(text.text) or (is_given and request.consent_text != text.text)
    ):
        result.found(TEXT_CHANGED)
    if result.problems:
        return
    result.verified.extend(["event", "time"])
    if text is not None:
        result.verified.append("text")
    elif proof.emptied_at is not None:
        result.unverified.append(Unverified("text", EMPTIED, proof.emptied_at))


def _hold_commitment(result: Result, part: str, correction: ConsentProof | None) -> None:
    """Hold what the request says of this part against the row's commitment to it."""
    proof, request = result.proof, result.proof.request
    commitment: str = getattr(proof, f"{part}_commitment")
    if not proof.salt:
        if commitment or proof.emptied_at is not None:
            is_erased = proof.emptied_at is None
            why, since = (ERASED, request.erased_at) if is_erased else (EMPTIED, proof.emptied_at)
            result.unverified.append(Unverified(part, why, since))
        return
    value: str = request.page_url if part == "page" else getattr(request, part)
    if part == "number" and correction is not None:
        result.unverified.append(Unverified(part, CORRECTED, correction.at))
    elif crypto.is_unreadable(value):
        if part in UNREADABLE:
            result.found(UNREADABLE[part])
        else:
            result.unverified.append(Unverified(part, CANNOT_BE_READ))
    elif part == "address" and not value:
        # Raw addresses go after days, and only they do.
        if commitment:
            result.unverified.append(Unverified(part, NOT_KEPT))
    elif not constant_time_compare(commitment, _commitment(part, proof.salt, value)) or (
        part == "page" and proof.page_url != value
    ):
        result.found(CHANGED[part])
    elif value:
        result.verified.append(part)


def _digest(proof: ConsentProof) -> str:
    """Of what happened: what never changes."""
    text, request = proof.text, proof.request
    return _keyed(
        "proof",
        request.token,
        request.widget.public_id,
        proof.event,
        proof.at.isoformat(),
        [text.language, text.version, text.digest] if text else None,
        proof.page_commitment,
        proof.number_commitment,
        proof.email_commitment,
        proof.address_commitment,
    )


def _seal(proof: ConsentProof) -> str:
    """Of every column as it stands, of whose request it is, and of when that was erased.

    The request is named by its token: it has no id yet when intake makes the row.
    """
    columns = [
        [name, value.isoformat() if isinstance(value, datetime) else value]
        for field in ConsentProof._meta.concrete_fields
        if (name := field.attname) not in (*UNSEALED, "request_id")
        for value in [getattr(proof, name)]
    ]
    request = proof.request
    erased_at = request.erased_at.isoformat() if request.erased_at else None
    return _keyed("seal", request.token, request.widget.public_id, erased_at, columns)


def _is_sealed(proof: ConsentProof) -> bool:
    return constant_time_compare(proof.seal, _seal(proof))


def _chained(before: str, proof: ConsentProof) -> str:
    return _keyed("chain", before, proof.digest, proof.pk)


def _commitment(part: str, salt: str, value: str) -> str:
    return _keyed("commitment", part, salt, value) if value else ""


def _keyed(purpose: str, *facts: object) -> str:
    """Return the HMAC-SHA-256, in hex, of a JSON list: no two lists of facts read the same."""
    key = f"consent:{settings.HASH_KEY}".encode()
    message = json.dumps([purpose, *facts], separators=(",", ":"))
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()
