"""Where the Call API is, who we are to it, and how long we wait."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from callbacks.core import boot_clock

# What an attempt may take beyond connecting and reading: a token refresh, a redirect, a name
# server that answers late.
MARGIN_SECONDS = 5.0


@dataclass(frozen=True)
class Config:
    """All that the client needs to know.

    Times are seconds: ``connect_timeout`` holds per address tried, ``read_timeout`` per read.
    Raises ValueError, naming the field, for an address that is not plain http(s) or a time
    that is not positive.

    ``nothing_placed``: statuses that certainly mean that no call was started, besides 429.
    ``clock``: what deadlines and a token's age are measured with, in seconds.
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
                # The value stays out of the text: it may hold a password.
                raise ValueError(f"{name} must be an http(s) address without user or password")
        for name in ("connect_timeout", "read_timeout"):
            seconds = getattr(self, name)
            if not (math.isfinite(seconds) and seconds > 0):
                raise ValueError(f"{name} must be a positive number of seconds")

    @property
    def token_seconds(self) -> float:
        """The longest that fetching a token may take, waiting for another thread's included."""
        return self.connect_timeout + self.read_timeout

    @property
    def attempt_seconds(self) -> float:
        """The longest that one attempt to start a call may take, from claim to answer."""
        return self.connect_timeout + self.read_timeout + MARGIN_SECONDS


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return False
    # requests turns a user in an address into Basic credentials, in the bearer's place.
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
