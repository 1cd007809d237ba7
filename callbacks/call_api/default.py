"""The one client of this process, made from Django's settings."""

import os
import threading

from django.conf import settings

from callbacks.call_api.client import CallApi
from callbacks.call_api.config import Config
from callbacks.call_api.token_fetches import TokenFetches

_lock = threading.Lock()
_client: CallApi | None = None


def from_settings() -> Config:
    """Return the configuration from the settings `UHLIVE_*`.

    Raises:
        ValueError: a setting is no valid address or time-out.
    """
    return Config(
        token_url=settings.UHLIVE_TOKEN_URL,
        call_url=settings.UHLIVE_CALL_URL,
        client_id=settings.UHLIVE_CLIENT_ID,
        client_secret=settings.UHLIVE_CLIENT_SECRET,
        connect_timeout=settings.UHLIVE_CONNECT_TIMEOUT,
        read_timeout=settings.UHLIVE_READ_TIMEOUT,
        nothing_placed=frozenset(settings.UHLIVE_NOTHING_PLACED_STATUSES),
    )


def default_client() -> CallApi:
    """Return the client that all threads of this process share."""
    global _client
    with _lock:
        if _client is None:
            _client = CallApi(from_settings())
        return _client


def token_fetches() -> TokenFetches:
    """Return the counts of token fetches of this process; none if it has no client yet."""
    with _lock:
        return TokenFetches() if _client is None else _client.token_fetches


def reset_default_client() -> None:
    """Forget the client, so that the next caller gets a new one: for tests that change settings."""
    global _client
    with _lock:
        _client = None


def _after_fork() -> None:
    """Forget the client and its lock in a new child process."""
    # A thread of the parent may have held the lock. The child has no such thread to release it.
    global _lock, _client
    _lock = threading.Lock()
    _client = None


os.register_at_fork(after_in_child=_after_fork)
