"""POST /sandbox/token: a token endpoint like Keycloak's, for the client credentials grant only."""

import hmac
from collections import Counter
from urllib.parse import parse_qsl

from callbacks.sandbox.faulty import respond
from callbacks.sandbox.messages import Answer, Request, json_answer
from callbacks.sandbox.state import Sandbox

FIELDS = {"client_id", "client_secret", "grant_type", "scope"}
FORM = "application/x-www-form-urlencoded"


def token(sandbox: Sandbox, request: Request) -> Answer:
    """Answer a token request with a token, a refusal in Keycloak's words, or a fault."""
    sandbox.calls.count_token_request()
    return respond(
        "token",
        sandbox,
        judge=lambda: _refused(sandbox, request) or _GRANTED,
        accept=lambda _granted: _issue(sandbox),
        wait_until_gone=request.wait_until_gone,
    )


_GRANTED = object()


def _error(status: int, error: str, description: str) -> Answer:
    return json_answer(status, {"error": error, "error_description": description})


def _refused(sandbox: Sandbox, request: Request) -> Answer | None:
    """Return the refusal of an invalid request, or None for a valid one."""
    if request.query:
        return _error(400, "invalid_request", "No query string is allowed here")
    if request.headers.get_all("Authorization"):
        return _error(400, "invalid_request", "Credentials belong in the body, not in a header")
    if request.media_type()[0] != FORM:
        return _error(400, "invalid_request", f"Content-Type must be {FORM}")
    if request.body is None:
        return _error(413, "invalid_request", "The body is too large")
    try:
        pairs = parse_qsl(
            request.body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=20,
        )
    except ValueError:
        return _error(400, "invalid_request", "The body is not a readable form")
    counts = Counter(name for name, _value in pairs)
    if missing := sorted(FIELDS - counts.keys()):
        return _error(400, "invalid_request", f"Missing form parameter: {', '.join(missing)}")
    if counts.keys() - FIELDS:
        return _error(400, "invalid_request", f"Allowed: {', '.join(sorted(FIELDS))}")
    if repeated := sorted(name for name, count in counts.items() if count > 1):
        return _error(400, "invalid_request", f"Duplicated parameter: {', '.join(repeated)}")
    form = dict(pairs)
    if form["grant_type"] != "client_credentials":
        return _error(400, "unsupported_grant_type", "Unsupported grant_type")
    if form["scope"] != "openid":
        return _error(400, "invalid_scope", "Invalid scopes: only openid is allowed")
    right_id = hmac.compare_digest(form["client_id"].encode(), sandbox.client_id.encode())
    right_secret = hmac.compare_digest(
        form["client_secret"].encode(), sandbox.client_secret.encode()
    )
    if not (right_id and right_secret):
        return _error(401, "invalid_client", "Invalid client or Invalid client credentials")
    return None


def _issue(sandbox: Sandbox) -> Answer:
    """Return an answer with a new token, as Keycloak writes it."""
    return json_answer(
        200,
        {
            "access_token": sandbox.tokens.issue(),
            "expires_in": sandbox.tokens.lifetime,
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": "openid profile email",
        },
    )
