"""POST /sandbox/api/startcall: strict about every header and field of the documented request."""

import json
import time
from dataclasses import dataclass, replace
from typing import Any

from callbacks.sandbox.destination import why_not
from callbacks.sandbox.faulty import respond
from callbacks.sandbox.messages import Answer, Request, json_answer, no_constant, refusal
from callbacks.sandbox.state import Sandbox

FIELDS = {"originate", "destination", "email"}


@dataclass(frozen=True, slots=True)
class _Order:
    originate: str
    destination: str
    email: str
    token: int


def startcall(sandbox: Sandbox, request: Request) -> Answer:
    """Answer a startcall request: the phone rings, a refusal that says why, or a fault."""
    sandbox.calls.count_startcall_request()
    return respond(
        "startcall",
        sandbox,
        judge=lambda: _order(sandbox, request),
        accept=lambda order: _ring(sandbox, order),
    )


def _ring(sandbox: Sandbox, order: _Order) -> Answer:
    call = sandbox.calls.record(order.originate, order.destination, order.email, order.token)
    if sandbox.answer_seconds:
        time.sleep(sandbox.answer_seconds)
    return replace(json_answer(200, {"status": "accepted"}), call=call)


def _order(sandbox: Sandbox, request: Request) -> _Order | Answer:
    scheme, _, token = (request.header("Authorization") or "").partition(" ")
    token_index = sandbox.tokens.index(token) if scheme == "Bearer" else None
    if token_index is None:
        words = "Authorization must be Bearer and a token that is known and not expired"
        return refusal(401, "unauthorized", words, {"WWW-Authenticate": "Bearer"})
    if request.query:
        return refusal(400, "query_string", "No query string is allowed here")
    if request.media_type() not in (
        ("application/json", ""),
        ("application/json", "charset=utf-8"),
    ):
        return refusal(415, "content_type", "Content-Type must be application/json")
    if not _admits_json(", ".join(request.headers.get_all("Accept") or [])):
        return refusal(406, "accept", "Accept must admit application/json")
    if request.body is None:
        return refusal(413, "too_large", "The body is longer than 16 KiB")
    try:
        fields = json.loads(
            request.body.decode("utf-8"), object_pairs_hook=_object, parse_constant=no_constant
        )
    except (ValueError, RecursionError):
        return refusal(400, "not_json", "The body is not UTF-8 JSON, or a key comes twice in it")
    if not isinstance(fields, dict) or fields.keys() != FIELDS:
        return refusal(400, "fields", "Exactly originate, destination and email are allowed")
    if not all(isinstance(value, str) for value in fields.values()):
        return refusal(400, "fields", "originate, destination and email must be strings")
    if not fields["originate"].strip():
        return refusal(400, "originate", "originate is empty")
    if reason := why_not(fields["destination"]):
        return refusal(400, *reason)
    return _Order(**fields, token=token_index)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key comes twice")
    return content


def _admits_json(accept: str) -> bool:
    """Whether an Accept header admits JSON: its most specific range decides (RFC 9110, 12.5.1)."""
    qualities: dict[str, float] = {}
    for part in accept.lower().split(","):
        media_range, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        try:
            qualities[media_range] = float(quality)
        except ValueError:
            return False
    for media_range in ("application/json", "application/*", "*/*"):
        if media_range in qualities:
            return qualities[media_range] > 0
    return False
