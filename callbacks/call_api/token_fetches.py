"""Count the token fetches of this process, until somebody takes the counts to the database."""

import threading
from collections import Counter
from collections.abc import Callable
from enum import StrEnum

from callbacks.call_api.errors import CredentialsRefused
from callbacks.call_api.tokens import Token


class TokenFetch(StrEnum):
    """What became of a token fetch."""

    FETCHED = "fetched"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


class TokenFetches:
    """The counts since they were last taken; thread-safe."""

    def __init__(self) -> None:
        self._counts: Counter[TokenFetch] = Counter()
        self._lock = threading.Lock()

    def count(self, fetch: Callable[[], Token]) -> Token:
        """Return what `fetch` returns, or raise what it raises, and count it."""
        result = TokenFetch.UNAVAILABLE
        try:
            token = fetch()
            result = TokenFetch.FETCHED
        except CredentialsRefused:
            result = TokenFetch.REFUSED
            raise
        finally:
            with self._lock:
                self._counts[result] += 1
        return token

    def take(self) -> Counter[TokenFetch]:
        """Return the counts, and begin again with none."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken

    def put_back(self, counts: Counter[TokenFetch]) -> None:
        """Count these again, because they could not be stored."""
        with self._lock:
            self._counts.update(counts)
