"""Verify proofs of consent: find what was changed by anything but this code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db.models import Max, QuerySet
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_noop as _

from callbacks.consent.chain import CHAIN_START
from callbacks.consent.keyed import commitment_to, digest_of, fits_seal, next_in_chain
from callbacks.consent.proof import PAGE, with_requests
from callbacks.consent.texts import text_digest
from callbacks.core import crypto
from callbacks.models import ConsentEvent, ConsentProof
from callbacks.models.consent import FIRST_EVENTS

# The parts of a request to which a proof has commitments.
COMMITTED = ("page", "number", "email", "address")


@dataclass(frozen=True)
class Problem:
    """A change that this code did not make.

    `proof` is the primary key of the row; for a gap, of the row after it.
    """

    proof: int
    what: str


@dataclass(frozen=True)
class Unverified:
    """A part of a proof that cannot be verified any more, the reason, and since when."""

    part: str
    why: str
    since: datetime | None = None


class Verdict(StrEnum):
    """The result of a check in one word."""

    VERIFIED = "verified"
    UNVERIFIABLE = "cannot be verified"
    CHANGED = "changed"


@dataclass(frozen=True)
class Result:
    """What a check found about one row.

    The parts are event, time, text, vouched, chain and those in `COMMITTED`.
    """

    proof: ConsentProof
    problems: list[Problem] = field(default_factory=list)
    verified: list[str] = field(default_factory=list)
    unverified: list[Unverified] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Return the result in one word.

        It is `UNVERIFIABLE` if nothing remains that shows whose consent it was.
        """
        if self.problems:
            return Verdict.CHANGED
        return Verdict.VERIFIED if self.proof.salt else Verdict.UNVERIFIABLE

    def add_problem(self, what: str) -> None:
        """Add a problem of this row."""
        self.problems.append(Problem(self.proof.pk, what))


ERASED = _("the request was erased")
EMPTIED = _("the storage period of the proof is over")
CORRECTED = _("the number was corrected, and the earlier one is not kept")
NOT_KEPT = _("it is no longer kept")
NOT_CHAINED = _("it has no place in the chain yet")
CANNOT_BE_READ = _("it cannot be decrypted")
UNFIT_SEAL = _("differs from its seal")
UNFIT_DIGEST = _("differs from its digest")
UNFIT_CHAIN = _("does not fit into the chain")
GAP = _("records before this one are missing")
COPY = _("is a copy of another record")
NOT_GIVEN = _("the record of the consent itself is missing")
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
    "address": _("the request's IP address was changed"),
}


def verify(newest: int | None = None) -> Iterator[Problem]:
    """Yield each change that `results` finds.

    A part that cannot be verified is not a change, but it is not verified either. Use `results` to
    see it.
    """
    for result in results(newest):
        yield from result.problems


def results(newest: int | None = None) -> Iterator[Result]:
    """Check rows against their seals, digests and requests, and the chain; yield a result for each.

    Without `newest`, all rows are checked. With it, the last `newest` places of the chain are
    checked, and the rows that have no place in it yet.
    """
    chain, link = CHAIN_START, 0
    chained = ConsentProof.objects.filter(link__isnull=False)
    if newest is not None:
        last = chained.aggregate(last=Max("link"))["last"] or 0
        before = chained.filter(link__lte=last - newest).order_by("-link").first()
        if before is not None:
            chain, link = before.chain, before.link or 0
    rows = with_requests().prefetch_related("call_request__consent_proofs")
    for proof in _in_pages(rows, "link", behind=link):
        yield _result(proof, chain if proof.link == link + 1 else None)
        chain, link = proof.chain, proof.link or link
    for proof in _in_pages(rows.filter(link=None), "id", behind=0):
        yield _result(proof, None)


def check(proof: ConsentProof) -> Result:
    """Check one row against its seal, its digest, its request and its place in the chain."""
    before = None
    if proof.link == 1:
        before = CHAIN_START
    elif proof.link is not None:
        earlier = ConsentProof.objects.filter(link=proof.link - 1).first()
        before = earlier.chain if earlier else None
    return _result(proof, before)


def _in_pages(rows: QuerySet[ConsentProof], key: str, *, behind: int) -> Iterator[ConsentProof]:
    """Yield the rows in the order of the column `key`, from the first value above `behind`.

    They are read in pages, not with a cursor: transaction pooling does not support cursors.
    """
    while page := list(rows.filter(**{f"{key}__gt": behind}).order_by(key)[:PAGE]):
        yield from page
        behind = getattr(page[-1], key)


def _result(proof: ConsentProof, before: str | None) -> Result:
    """Return the result for one row.

    `before` is the chain's value at the place before the row's, or None if that place is empty.
    """
    result = Result(proof)
    others = [other for other in proof.call_request.consent_proofs.all() if other.pk != proof.pk]
    _compare_what_happened(result, others)
    corrections = (
        other for other in others if other.event == ConsentEvent.CORRECTED and other.pk > proof.pk
    )
    correction = min(corrections, key=lambda other: other.pk, default=None)
    for part in COMMITTED:
        _compare_commitment(result, part, correction)
    if proof.link is not None:
        if before is None:
            result.add_problem(GAP)
        elif not constant_time_compare(proof.chain, next_in_chain(before, proof)):
            result.add_problem(UNFIT_CHAIN)
        else:
            result.verified.append("chain")
    elif proof.chain:
        result.add_problem(UNFIT_CHAIN)
    else:
        result.unverified.append(Unverified("chain", NOT_CHAINED))
    return result


def _compare_what_happened(result: Result, others: Sequence[ConsentProof]) -> None:
    """Compare event, time and text with the seal, the digest and the request."""
    proof, call_request, text = result.proof, result.proof.call_request, result.proof.text
    if not fits_seal(proof):
        result.add_problem(UNFIT_SEAL)
    if proof.emptied_at is None and not constant_time_compare(proof.digest, digest_of(proof)):
        result.add_problem(UNFIT_DIGEST)
    if any(constant_time_compare(proof.digest, other.digest) for other in others):
        result.add_problem(COPY)
    is_given, is_vouched = (
        proof.event == event for event in (ConsentEvent.GIVEN, ConsentEvent.VOUCHED)
    )
    if proof.event not in FIRST_EVENTS and all(other.event not in FIRST_EVENTS for other in others):
        result.add_problem(NOT_GIVEN)
    if is_given and not proof.at == call_request.created_at == call_request.consent_at:
        result.add_problem(TIME_CHANGED)
    # A system may claim any time for the consent; `at` is when it told us.
    if (
        is_vouched
        and proof.emptied_at is None
        and (proof.at != call_request.created_at or proof.claimed_at != call_request.consent_at)
    ):
        result.add_problem(TIME_CHANGED)
    if is_vouched and call_request.consent_text:
        result.add_problem(TEXT_CHANGED)
    if text is not None and (
        text.digest != text_digest(text.text)
        or text.widget_id != call_request.widget_id
        or (is_given and call_request.consent_text != text.text)
    ):
        result.add_problem(TEXT_CHANGED)
    if result.problems:
        return
    result.verified.extend(["event", "time"])
    if text is not None:
        result.verified.append("text")
    elif proof.vouched_by is not None:
        result.verified.append("vouched")
    elif proof.emptied_at is not None:
        result.unverified.append(Unverified("text", EMPTIED, proof.emptied_at))


def _compare_commitment(result: Result, part: str, correction: ConsentProof | None) -> None:
    """Compare this part of the request with the row's commitment to it.

    `correction` is the next correction of the number, if there was one.
    """
    proof, call_request = result.proof, result.proof.call_request
    commitment: str = getattr(proof, f"{part}_commitment")
    value: str = call_request.page_url if part == "page" else getattr(call_request, part)
    if not proof.salt:
        if value and call_request.erased_at is not None:
            result.add_problem(CHANGED[part])
        elif commitment or proof.emptied_at is not None:
            is_erased = proof.emptied_at is None
            why, since = (
                (ERASED, call_request.erased_at) if is_erased else (EMPTIED, proof.emptied_at)
            )
            result.unverified.append(Unverified(part, why, since))
        return
    if part == "number" and correction is not None:
        result.unverified.append(Unverified(part, CORRECTED, correction.at))
    elif crypto.is_unreadable(value):
        if part in UNREADABLE:
            result.add_problem(UNREADABLE[part])
        else:
            result.unverified.append(Unverified(part, CANNOT_BE_READ))
    elif part == "address" and not value:
        # Retention deletes raw addresses after some days. No other part is deleted while the salt
        # is kept.
        if commitment:
            result.unverified.append(Unverified(part, NOT_KEPT))
    elif not constant_time_compare(commitment, commitment_to(part, proof.salt, value)) or (
        part == "page" and proof.page_url != value
    ):
        result.add_problem(CHANGED[part])
    elif value:
        result.verified.append(part)
