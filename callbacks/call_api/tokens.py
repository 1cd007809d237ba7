"""Fetch the access token, and read the answer with suspicion."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from callbacks.call_api.config import Config
from callbacks.call_api.errors import CredentialsRefused, TokenUnavailable
from callbacks.call_api.redaction import excerpt
from callbacks.call_api.transport import Answer, NoAnswer, post

# Documented by the service: a token is valid for 5 minutes. Used when the answer does not say.
DEFAULT_LIFE_SECONDS = 300.0
# No service gives a client-credentials token for longer. A higher number is a mistake.
MAX_LIFE_SECONDS = 86_400.0
MAX_TOKEN_LENGTH = 16 * 1024
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


@dataclass(frozen=True)
class Token:
    """An access token. `fetched_at` and `renew_at` are values of `Config.clock`, in seconds."""

    value: str = field(repr=False)
    fetched_at: float
    renew_at: float


def fetch_token(config: Config, deadline: float) -> Token:
    """Fetch a token. Return by `deadline`, a value of `config.clock`.

    Raises:
        CredentialsRefused: the service answered 400 or 401.
        TokenUnavailable: there was no answer, or another one without a usable token.
    """
    asked_at = config.clock()
    answer = request_token(config, deadline)
    if isinstance(answer, NoAnswer):
        raise TokenUnavailable(
            f"the token endpoint gave no answer: {answer.code} ({answer.reason})"
        )
    if answer.status in (400, 401):
        raise CredentialsRefused(
            f"the token endpoint refused the credentials with status {answer.status}",
            http_status=answer.status,
            excerpt=excerpt(answer.body, secrets=[config.client_secret]),
        )
    if not 200 <= answer.status < 300:
        raise TokenUnavailable(
            f"the token endpoint answered with status {answer.status}",
            http_status=answer.status,
            excerpt=excerpt(answer.body, secrets=[config.client_secret]),
        )
    readable = read_token(answer)
    if readable is None:
        # Without an excerpt: an answer that cannot be read may still contain a token.
        raise TokenUnavailable(
            "the token endpoint's answer holds no usable token", http_status=answer.status
        )
    value, life = readable
    # Counted from before the request, because the service's count starts some time later. Renewed
    # shortly before the end, so that no token expires on its way.
    renew_at = asked_at + life - min(30.0, life / 5)
    return Token(value, fetched_at=config.clock(), renew_at=renew_at)


def request_token(config: Config, deadline: float) -> Answer | NoAnswer:
    """Send the token request, exactly as documented, and return what came back."""
    fields = {
        "client_id": config.client_id,
        "client_secret": config.client_secret,
        "grant_type": "client_credentials",
        "scope": "openid",
    }
    return post(
        config.token_url,
        headers={
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=urlencode(fields, errors="replace").encode("ascii"),
        config=config,
        deadline=deadline,
    )


def read_token(answer: Answer) -> tuple[str, float] | None:
    """Return the token and its life in seconds, or None if the answer has no usable token."""
    fields = _json_object(answer.body)
    value = fields.get("access_token")
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TOKEN_LENGTH:
        return None
    # The token becomes part of a header. A line break in it would begin another header.
    if not all("!" <= char <= "~" for char in value):
        return None
    return value, _life_seconds(fields.get("expires_in"))


def _json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`, or an empty one if `body` is anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _life_seconds(expires_in: object) -> float:
    """Return the life of the token in seconds; the default if `expires_in` makes no sense."""
    if isinstance(expires_in, str) and _SECONDS.fullmatch(expires_in):
        expires_in = float(expires_in)  # RFC 6749 wants a number; some servers send a text
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
        return DEFAULT_LIFE_SECONDS
    # The comparison is false for NaN, too.
    return float(expires_in) if 0 < expires_in <= MAX_LIFE_SECONDS else DEFAULT_LIFE_SECONDS
