"""Compute the keyed values of a proof: digest, seal, chain value and commitments.

- The *digest* covers what happened, and never changes.
- The *seal* covers the whole row in its present state.
- The *chain value* covers the digests of all rows up to this one, so that a missing row is noticed.
- A *commitment* ties the proof to a value, such as a number, without showing it.

The key is derived from `HASH_KEY`, which is not in the database.
"""

import hashlib
import hmac
import json
from datetime import datetime

from django.conf import settings
from django.utils.crypto import constant_time_compare

from callbacks.contact.e164 import Number
from callbacks.models import ConsentProof

# The columns that the seal does not cover. The chain's value covers the primary key.
UNSEALED = ("id", "seal")


def digest_of(proof: ConsentProof) -> str:
    """Return the digest of what the proof is evidence of: the facts that never change."""
    text, call_request = proof.text, proof.call_request
    return _keyed(
        "proof",
        call_request.public_id,
        call_request.widget.public_id,
        proof.event,
        proof.at and proof.at.isoformat(),  # an emptied time is read as None from SQLite
        [text.language, text.version, text.digest] if text else None,
        _vouched(proof),
        proof.page_commitment,
        proof.number_commitment,
        proof.email_commitment,
        proof.address_commitment,
    )


def _vouched(proof: ConsentProof) -> list[object] | None:
    """Return what a system said about the consent, and its key; None if none vouched for it."""
    key = proof.vouched_by
    if key is None:
        return None
    return [key.pk, key.name, proof.text_sha256, proof.claimed_at and proof.claimed_at.isoformat()]


def seal_of(proof: ConsentProof) -> str:
    """Return the seal: of every column as it is, the request's public ID, and its erasure time.

    The seal names the request by its public ID, because the request has no primary key yet when
    intake creates the proof. It covers the row's place in the chain, so that nobody can take a row
    out of the chain and have housekeeping give it another place.
    """
    columns = [
        [name, value.isoformat() if isinstance(value, datetime) else value]
        for field in ConsentProof._meta.concrete_fields
        if (name := field.attname) not in (*UNSEALED, "call_request_id")
        for value in [getattr(proof, name)]
    ]
    call_request = proof.call_request
    erased_at = call_request.erased_at.isoformat() if call_request.erased_at else None
    return _keyed("seal", call_request.public_id, call_request.widget.public_id, erased_at, columns)


def fits_seal(proof: ConsentProof) -> bool:
    """Return whether the row's seal is the right one for its present state."""
    return constant_time_compare(proof.seal, seal_of(proof))


def next_in_chain(before: str, proof: ConsentProof) -> str:
    """Return the chain's value at this proof. `before` is the value at the place before it."""
    return _keyed("chain", before, proof.digest, proof.pk)


def commitment_to(part: str, salt: str, value: Number) -> str:
    """Return the keyed hash of a value with a salt, or "" for an empty value.

    The hash verifies the value, but does not reveal it. `part` is the kind of value, such as
    "number".
    """
    return _keyed("commitment", part, salt, str(value)) if value else ""


def _keyed(purpose: str, *facts: object) -> str:
    """Return the HMAC-SHA-256, in hex, of `purpose` and `facts` as a JSON list.

    As JSON, two different lists never give the same text.
    """
    key = f"consent:{settings.HASH_KEY}".encode()
    message = json.dumps([purpose, *facts], separators=(",", ":"))
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()
