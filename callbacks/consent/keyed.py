"""The three keyed values of a proof: digest, seal and chain; and its commitments.

- The *digest* covers what happened and never changes.
- The *seal* covers the whole row as it stands.
- The *chain* covers the digests of all rows up to this one, so that a missing row is noticed.

The key is derived from `HASH_KEY`, which the database does not hold.
"""

import hashlib
import hmac
import json
from datetime import datetime

from django.conf import settings
from django.utils.crypto import constant_time_compare

from callbacks.contact.e164 import Number
from callbacks.models import ConsentProof

# The seal covers every other column. The chain covers these, once the row has its place.
UNSEALED = ("id", "link", "chain", "seal")


def digest_of(proof: ConsentProof) -> str:
    """Of what happened: what never changes."""
    text, call_request = proof.text, proof.call_request
    return _keyed(
        "proof",
        call_request.public_id,
        call_request.widget.public_id,
        proof.event,
        proof.at.isoformat(),
        [text.language, text.version, text.digest] if text else None,
        proof.page_commitment,
        proof.number_commitment,
        proof.email_commitment,
        proof.address_commitment,
    )


def seal_of(proof: ConsentProof) -> str:
    """Of every column as it stands, of whose request it is, and of when that was erased.

    The request is named by its public id: it has no id yet when intake makes the row.
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
    return constant_time_compare(proof.seal, seal_of(proof))


def next_in_chain(before: str, proof: ConsentProof) -> str:
    return _keyed("chain", before, proof.digest, proof.pk)


def commitment_to(part: str, salt: str, value: Number) -> str:
    """Return the keyed hash of a salted value, which verifies it without telling it."""
    return _keyed("commitment", part, salt, str(value)) if value else ""


def _keyed(purpose: str, *facts: object) -> str:
    """Return the HMAC-SHA-256, in hex, of a JSON list: no two lists of facts read the same."""
    key = f"consent:{settings.HASH_KEY}".encode()
    message = json.dumps([purpose, *facts], separators=(",", ":"))
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()
