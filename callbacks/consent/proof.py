"""The evidence of consent that each request leaves (Code de la consommation, art. L223-1).

What was shown, when, where and to whom; a corrected number and a withdrawal leave evidence too.
Erasure and retention empty columns of a row and seal it anew, but only if its seal fitted before:
so an emptied row is known to be emptied by them.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare, get_random_string

from callbacks.consent.keyed import commitment_to, digest_of, fits_seal, seal_of
from callbacks.core import clock, database
from callbacks.models import CallRequest, ConsentEvent, ConsentProof, ConsentText

# So many rows are read at once.
PAGE = 1000


def proof_of(
    call_request: CallRequest, event: ConsentEvent, at: datetime, text: ConsentText | None
) -> ConsentProof:
    """The evidence of one event, to be saved in the transaction of what it is evidence of."""
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
    )
    proof.digest = digest_of(proof)
    proof.seal = seal_of(proof)
    return proof


def record_again(call_request: CallRequest, event: ConsentEvent) -> ConsentProof:
    """Saves the evidence of a later event, under the text that the request was made under."""
    first = call_request.consent_proofs.filter(event=ConsentEvent.GIVEN).first()
    return database.insert(
        proof_of(call_request, event, clock.now(), first.text if first else None)
    )


def was_given(call_request: CallRequest, numbers: Sequence[str]) -> bool:
    """Return whether the request was made with one of these numbers (E.164), even if it was
    corrected afterwards."""
    given = call_request.consent_proofs.filter(event=ConsentEvent.GIVEN).exclude(salt="")
    return any(
        constant_time_compare(proof.number_commitment, commitment_to("number", proof.salt, number))
        for proof in given
        for number in numbers
    )


def with_requests() -> QuerySet[ConsentProof]:
    """Return all proofs, each with all that its digest and its seal cover."""
    return ConsentProof.objects.select_related("call_request__widget", "text")


def to_empty(proofs: QuerySet[ConsentProof]) -> QuerySet[ConsentProof]:
    """Return these proofs with what their seals cover, and nothing about a person to decrypt."""
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
    """Write these columns of proofs that erasure or retention empties; return how many rows.

    `proofs` are from `to_empty`, read when their requests were locked and before these were
    changed. `erased_at`: when the requests are erased, if this is their erasure.
    A row whose seal does not fit keeps it, so that a change is not made good by emptying the row.
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
