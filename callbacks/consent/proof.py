"""Write the evidence of consent for each request (Code de la consommation, art. L223-1).

A proof says what was shown, when, where and to whom. A corrected number and a withdrawal leave a
proof too. Erasure and retention empty columns of a row and then compute its seal again, but only if
the seal was right before. So a right seal on an emptied row shows that they emptied it. In the same
way, the chain seals a row again when it gives the row its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare, get_random_string

from callbacks.consent.keyed import commitment_to, digest_of, fits_seal, seal_of
from callbacks.consent.texts import text_digest
from callbacks.core import clock
from callbacks.models import ApiKey, CallRequest, ConsentEvent, ConsentProof, ConsentText
from callbacks.models.consent import FIRST_EVENTS

# The number of rows that are read or written at once.
PAGE = 1000


@dataclass(frozen=True)
class Vouched:
    """Consent that a system of the company, with this key, says it was given.

    `text` is what the visitor agreed to, and `given_at` when, as the system says.
    """

    key: ApiKey
    text: str
    given_at: datetime


def proof_of(
    call_request: CallRequest,
    event: ConsentEvent,
    at: datetime,
    text: ConsentText | None,
    vouched: Vouched | None = None,
) -> ConsentProof:
    """Return the evidence of one event, not saved yet.

    Save it in the same transaction as the event itself. With `vouched`, there is no `text`: nobody
    here showed one.
    """
    salt = get_random_string(32)
    proof = ConsentProof(
        call_request=call_request,
        event=event,
        at=at,
        text=text,
        page_url=call_request.page_url,
        salt=salt,
        page_commitment=commitment_to("page", salt, call_request.page_url),
        number_commitment=commitment_to("number", salt, call_request.number),
        email_commitment=commitment_to("email", salt, call_request.email),
        address_commitment=commitment_to("address", salt, call_request.address),
        vouched_by=vouched.key if vouched else None,
        text_sha256=text_digest(vouched.text) if vouched else "",
        claimed_at=vouched.given_at if vouched else None,
    )
    proof.digest = digest_of(proof)
    proof.seal = seal_of(proof)
    return proof


def record_later_event(call_request: CallRequest, event: ConsentEvent) -> ConsentProof:
    """Save the evidence of a later event, with the consent text that the request was made with."""
    first = call_request.consent_proofs.filter(event__in=FIRST_EVENTS).first()
    proof = proof_of(call_request, event, clock.now(), first.text if first else None)
    proof.save()
    return proof


def was_given_with(call_request: CallRequest, numbers: Sequence[str]) -> bool:
    """Return whether the request was made with one of these numbers (E.164).

    A later correction of the number does not matter.
    """
    given = call_request.consent_proofs.filter(event__in=FIRST_EVENTS).exclude(salt="")
    return any(
        constant_time_compare(proof.number_commitment, commitment_to("number", proof.salt, number))
        for proof in given
        for number in numbers
    )


def with_requests() -> QuerySet[ConsentProof]:
    """Return all proofs, each with everything that its digest and its seal cover."""
    return ConsentProof.objects.select_related("call_request__widget", "text", "vouched_by")


def to_seal(proofs: QuerySet[ConsentProof]) -> QuerySet[ConsentProof]:
    """Return these proofs with everything that their seals cover, and no encrypted column.

    So nothing about a person is decrypted.
    """
    columns = [column.name for column in ConsentProof._meta.concrete_fields]
    facts = (
        "call_request__public_id",
        "call_request__erased_at",
        "call_request__widget__public_id",
    )
    return proofs.select_related("call_request__widget").only(*columns, *facts)


def empty(
    proofs: Sequence[ConsentProof], erased_at: datetime | None = None, **columns: object
) -> int:
    """Set these columns of proofs that erasure or retention empties; return the number of rows.

    `proofs` come from `to_seal`. Read and lock them once their requests are locked, and before
    these are changed. `erased_at` is the time of the requests' erasure, if this is their erasure. A
    row with a wrong seal keeps it, so that emptying the row does not hide an earlier change.
    """
    sealed = [fits_seal(proof) for proof in proofs]
    for proof, is_sealed in zip(proofs, sealed, strict=True):
        for name, value in columns.items():
            setattr(proof, name, value)
        proof.call_request.erased_at = proof.call_request.erased_at or erased_at
        if is_sealed:
            proof.seal = seal_of(proof)
    ConsentProof.objects.bulk_update(proofs, [*columns, "seal"], batch_size=PAGE)
    return len(proofs)
