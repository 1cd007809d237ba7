"""One token per process, fetched by one thread at a time."""

import copy
import threading
from collections.abc import Callable

from callbacks.call_api.errors import NotSent, TokenUnavailable
from callbacks.call_api.tokens import Token

# A failure this young answers for the endpoint: asking again at once would only add to its load.
SHARED_FAILURE_SECONDS = 1.0


class TokenCache:
    """Keeps the token that ``fetch`` brought until it is nearly over.

    ``fetch`` takes a deadline on the same ``clock``, and raises NotSent or a kind of it.
    ``patience``: seconds for one fetch, and for waiting for another thread's.
    """

    def __init__(
        self,
        fetch: Callable[[float], Token],
        patience: float,
        clock: Callable[[], float],
    ) -> None:
        self._fetch = fetch
        self._patience = patience
        self._clock = clock
        self._fetching = threading.Lock()  # held by the one thread that fetches
        self._state = threading.Lock()  # held for moments, around the two fields below
        self._token: Token | None = None
        self._failure: tuple[float, NotSent] | None = None

    def get(self, deadline: float | None = None) -> Token:
        """A token that is still good, from memory if possible.

        ``deadline``: when to be back; without one, waiting for another thread and then fetching
        may take ``patience`` each.

        Raises what ``fetch`` raises. A failure less than a second old, or one that came while
        this thread waited, is raised again instead of asking again.
        """
        began = self._clock()
        if token := self._good(began):
            return token
        until = began + 2 * self._patience if deadline is None else deadline
        self._wait_for_turn(until)
        try:
            if token := self._good(began):
                return token
            if failure := self._failure_since(began - SHARED_FAILURE_SECONDS):
                raise copy.copy(failure)  # the original carries another thread's traceback
            return self._fetch_now(until)
        finally:
            self._fetching.release()

    def renew(self) -> Token:
        """Drops the token and asks for another, whatever failed a moment ago."""
        until = self._clock() + 2 * self._patience
        self._wait_for_turn(until)
        try:
            with self._state:
                self._token = None
            return self._fetch_now(until)
        finally:
            self._fetching.release()

    def drop(self, token: Token) -> None:
        """Forgets ``token``, unless another thread has already replaced it."""
        with self._state:
            if self._token is token:
                self._token = None

    def _good(self, began: float) -> Token | None:
        with self._state:
            token = self._token
        if token is None:
            return None
        # One fetched while we waited is ours to use, however short its life.
        fresh = token.fetched_at > began
        return token if fresh or self._clock() < token.renew_at else None

    def _failure_since(self, moment: float) -> NotSent | None:
        with self._state:
            failure = self._failure
        return failure[1] if failure and failure[0] > moment else None

    def _wait_for_turn(self, until: float) -> None:
        seconds = min(until - self._clock(), self._patience)
        if not self._fetching.acquire(timeout=max(seconds, 0)):
            raise TokenUnavailable("another thread is still waiting for the token endpoint")

    def _fetch_now(self, until: float) -> Token:
        full = self._clock() + self._patience
        try:
            token = self._fetch(min(full, until))
        except NotSent as error:
            if full <= until:  # cut short, it says nothing of the endpoint
                with self._state:
                    self._failure = (self._clock(), error)
            raise
        with self._state:
            self._token = token
            self._failure = None
        return token
