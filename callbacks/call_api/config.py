"""Where the call service is, which credentials we use, and how long we wait."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from callbacks.core import boot_clock

# How long an attempt may take beyond connecting and reading: for a token, a redirect, or a name
# server that answers late.
MARGIN_SECONDS = 5.0


@dataclass(frozen=True)
class Config:
    """Everything that the client needs to know.

    `connect_timeout`: seconds for each address tried. `read_timeout`: seconds for each read.
    `nothing_placed`: HTTP statuses, besides 429, that certainly mean that no call was started.
    `clock`: returns seconds; deadlines and the age of a token are measured with it.

    Raises:
        ValueError: an address is not plain http(s), or a time is not positive. It names the field.
    """

    token_url: str
    call_url: str
    client_id: str
    client_secret: str = field(repr=False)
    connect_timeout: float
    read_timeout: float
    nothing_placed: frozenset[int] = frozenset()
    clock: Callable[[], float] = field(default=boot_clock.now, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("token_url", "call_url"):
            if not _is_web_address(getattr(self, name)):
                # The value is not quoted in the error, because it may contain a password.
                raise ValueError(f"{name} must be an http(s) address without user or password")
        for name in ("connect_timeout", "read_timeout"):
            seconds = getattr(self, name)
            if not (math.isfinite(seconds) and seconds > 0):
                raise ValueError(f"{name} must be a positive number of seconds")

    @property
    def token_seconds(self) -> float:
        """Return how many seconds fetching a token may take.

        Waiting while another thread fetches one may take as long again.
        """
        return self.connect_timeout + self.read_timeout

    @property
    def attempt_seconds(self) -> float:
        """Return how many seconds one attempt may take, from the claim to the answer."""
        return self.connect_timeout + self.read_timeout + MARGIN_SECONDS


def _is_web_address(url: str) -> bool:
    """Return whether this is an http(s) address without a user and a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for an invalid port
    except ValueError:
        return False
    # `requests` would turn a user in the address into Basic credentials and drop the bearer token.
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
