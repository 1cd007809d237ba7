"""Do once what a system of the company sends with an Idempotency-Key, however often it is sent.

The key, the API key and the route together make a nonce, as a form has one. Only keyed hashes are
stored. They are kept as long as the request, also after its erasure, and requests are never
deleted. A refusal stores nothing, so it does not use the key up.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from callbacks.core import crypto
from callbacks.intake.errors import AlreadyUsed
from callbacks.models import ApiKey, CallRequest, IdempotentCall


@dataclass(frozen=True)
class Once:
    """What identifies a call of the API: `nonce` by its key, `body_hash` by its content."""

    nonce: str
    body_hash: str

    @property
    def lock_key(self) -> str:
        """Return the key to lock while the call is carried out (`core.database.lock`)."""
        return f"idempotent:{self.nonce}"


def once(key: ApiKey, route: str, idempotency_key: str, body: object) -> Once:
    """Return what identifies a call.

    `route` is the method and the path. `body` is what was sent, as JSON can hold it: the order of
    its fields does not matter. A rotated API key stays the same key.
    """
    content = json.dumps([idempotency_key, body], sort_keys=True, separators=(",", ":"))
    return Once(
        nonce=crypto.fingerprint("idempotent", json.dumps([key.pk, route, idempotency_key])),
        body_hash=crypto.fingerprint("idempotent-body", content),
    )


def done_before(call: Once) -> CallRequest | None:
    """Return the request, with its widget, that the same API request created or changed.

    None if there is none.

    Raises:
        AlreadyUsed: another body was sent with the same key.
    """
    rows = IdempotentCall.objects.select_related("call_request__widget")
    found = rows.filter(nonce=call.nonce).first()
    if found is None:
        return None
    if found.body_hash != call.body_hash:
        raise AlreadyUsed
    return found.call_request


def note(call: Once, call_request: CallRequest, now: datetime) -> None:
    """Store that the API request was carried out, in the transaction that does so."""
    row = IdempotentCall(
        nonce=call.nonce, body_hash=call.body_hash, at=now, call_request=call_request
    )
    IdempotentCall.objects.bulk_create([row], ignore_conflicts=True)
