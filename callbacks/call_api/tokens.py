"""The access token: asked for, and read with suspicion."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from callbacks.call_api.config import Config
from callbacks.call_api.errors import CredentialsRefused, TokenUnavailable
from callbacks.call_api.redaction import excerpt
from callbacks.call_api.transport import Answer, NoAnswer, post

# Documented: a token is valid for 5 minutes. Holds when the answer does not say.
DEFAULT_LIFE_SECONDS = 300.0
# Nobody gives a client-credentials token for longer: such a number is a mistake.
MAX_LIFE_SECONDS = 86_400.0
MAX_TOKEN_LENGTH = 16 * 1024
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


@dataclass(frozen=True)
class Token:
    """``fetched_at`` and ``renew_at`` are values of ``Config.clock``, in seconds."""

    value: str = field(repr=False)
    fetched_at: float
    renew_at: float


def fetch_token(config: Config, deadline: float) -> Token:
    """Asks for a token; back by ``deadline`` (``config.clock``).

    Raises CredentialsRefused for 400 and 401, TokenUnavailable for everything else that is not
    a usable token.
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
        # No excerpt: what could not be read may still hold a token.
        raise TokenUnavailable(
            "the token endpoint's answer holds no usable token", http_status=answer.status
        )
    value, life = readable
    # From before it was asked for, since the service counts from somewhere in between; and
    # shortly before its end, so that none expires on the way.
    renew_at = asked_at + life - min(30.0, life / 5)
    return Token(value, fetched_at=config.clock(), renew_at=renew_at)


def request_token(config: Config, deadline: float) -> Answer | NoAnswer:
    """The token request, exactly as documented, and what came back."""
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
    """The token and its life in seconds, or None if the answer holds none that can be sent."""
    fields = _json_object(answer.body)
    value = fields.get("access_token")
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TOKEN_LENGTH:
        return None
    # It becomes part of a header: a line end in it would be a header of its own.
    if not all("!" <= char <= "~" for char in value):
        return None
    return value, _life_seconds(fields.get("expires_in"))


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _life_seconds(expires_in: object) -> float:
    if isinstance(expires_in, str) and _SECONDS.fullmatch(expires_in):
        expires_in = float(expires_in)  # RFC 6749 wants a number; some servers write it as text
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
        return DEFAULT_LIFE_SECONDS
    # False for NaN as well.
    return float(expires_in) if 0 < expires_in <= MAX_LIFE_SECONDS else DEFAULT_LIFE_SECONDS
