"""Read the header `Idempotency-Key` of a POST."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Header, Schema

from callbacks.api.authentication import key_of
from callbacks.intake import idempotency
from callbacks.intake.idempotency import Once

HEADER = "Idempotency-Key"
# The header of an answer to a call that was carried out before.
REPLAYED = "Idempotent-Replayed"

# As ninja takes the parameters of an operation. It is opaque: quotes around it count.
_PATTERN = "^[!-~]{1,255}$"
Needed = Annotated[str, Header(..., alias=HEADER, pattern=_PATTERN)]
Optional = Annotated[str | None, Header(None, alias=HEADER, pattern=_PATTERN)]


def of(request: HttpRequest, idempotency_key: str, body: Schema) -> Once:
    """Return what identifies this call: its API key, its route, its Idempotency-Key, its body."""
    sent = body.model_dump(mode="json", exclude_unset=True)
    route = f"{request.method} {request.path}"
    return idempotency.once(key_of(request), route, idempotency_key, sent)
