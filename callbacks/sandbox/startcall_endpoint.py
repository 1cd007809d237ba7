"""POST /sandbox/api/startcall: strict about every header and field of the documented request."""

import json
import time
from dataclasses import dataclass, replace
from typing import Any

from callbacks.sandbox.calls import Send
from callbacks.sandbox.destination import why_not
from callbacks.sandbox.faulty import respond
from callbacks.sandbox.messages import Answer, Request, json_answer, no_constant, refusal
from callbacks.sandbox.state import Sandbox

FIELDS = {"originate", "destination", "email"}


@dataclass(frozen=True, slots=True)
class _Order:
    """What a valid request asks for. `token` is the number of its token."""

    originate: str
    destination: str
    email: str
    token: int


def startcall(sandbox: Sandbox, request: Request) -> Answer:
    """Answer a startcall request: a phone rings, or a refusal says why not, or a fault strikes."""
    send = sandbox.calls.arrived(
        connection=request.connection,
        place=request.place,
        token=sandbox.tokens.number(_bearer(request)),
        fields=_as_far_as_readable(request.body),
    )
    reply = respond(
        "startcall",
        sandbox,
        judge=lambda: _order(sandbox, request),
        accept=lambda order: _ring(sandbox, order, send),
        wait_until_gone=request.wait_until_gone,
        note=lambda fault: sandbox.calls.note_fault(send, fault),
    )
    return replace(reply, send=send)


def _ring(sandbox: Sandbox, order: _Order, send: Send) -> Answer:
    """Let the phone ring, wait as long as an answer takes, and return the acceptance."""
    sandbox.calls.ring(send, order.originate, order.destination, order.email, order.token)
    if sandbox.answer_seconds:
        time.sleep(sandbox.answer_seconds)
    return json_answer(200, {"status": "accepted"})


def _as_far_as_readable(body: bytes | None) -> dict[str, str]:
    """Return the documented fields that are texts, even if the rest of the body is wrong."""
    try:
        fields = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(fields, dict):
        return {}
    return {name: fields[name] for name in FIELDS if isinstance(fields.get(name), str)}


def _bearer(request: Request) -> str:
    """Return the token that the request carries, or ""."""
    scheme, _, token = (request.header("Authorization") or "").partition(" ")
    return token if scheme == "Bearer" else ""


def _order(sandbox: Sandbox, request: Request) -> _Order | Answer:
    """Return what a valid request asks for, or the refusal of an invalid one."""
    token_index = sandbox.tokens.index(_bearer(request))
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
    """Return the pairs as a dictionary; raise `ValueError` if a key comes twice."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key comes twice")
    return content


def _admits_json(accept: str) -> bool:
    """Return whether an Accept header allows JSON.

    The most specific media range decides (RFC 9110, section 12.5.1).
    """
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
