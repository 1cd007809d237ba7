"""Keep one token per process; let one thread at a time fetch it."""

import copy
import threading
from collections.abc import Callable

from callbacks.call_api.errors import NotSent, TokenUnavailable
from callbacks.call_api.tokens import Token

# A failure younger than this is raised again. Asking again at once would only add to the load.
SHARED_FAILURE_SECONDS = 1.0


class TokenCache:
    """Keeps the token that `fetch` returned until shortly before it expires.

    `fetch`: takes a deadline, a value of `clock`, and raises `NotSent` or a subclass of it.
    `patience`: seconds for one fetch, and as many for waiting while another thread fetches.
    `clock`: returns seconds.
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
        self._fetching = threading.Lock()  # held by the thread that fetches
        self._state = threading.Lock()  # held for a moment, around the two fields below
        self._token: Token | None = None
        self._failure: tuple[float, NotSent] | None = None

    def has_token(self) -> bool:
        """Return whether `get` has a token in memory that is still valid."""
        return self._good(self._clock()) is not None

    def get(self, deadline: float | None = None) -> Token:
        """Return a valid token, from memory if possible.

        `deadline`: the value of `clock` by which to return. Without it, waiting for another thread
        may take `patience` seconds, and fetching as long again.

        Raises:
            TokenUnavailable: another thread is still fetching.
            NotSent: what `fetch` raised. A failure less than a second old, or one that came while
                this thread waited, is raised again; the service is not asked again.
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
        """Drop the token and fetch another, even if fetching failed a moment ago.

        Raises:
            NotSent: what `fetch` raised, or `TokenUnavailable` if another thread is still fetching.
        """
        until = self._clock() + 2 * self._patience
        self._wait_for_turn(until)
        try:
            with self._state:
                self._token = None
            return self._fetch_now(until)
        finally:
            self._fetching.release()

    def drop(self, token: Token) -> None:
        """Forget `token`, unless another thread has already replaced it."""
        with self._state:
            if self._token is token:
                self._token = None

    def _good(self, began: float) -> Token | None:
        """Return the token in memory if it is still good; `began` is when this thread asked."""
        with self._state:
            token = self._token
        if token is None:
            return None
        # A token fetched while this thread waited is used, even if its life is very short.
        fresh = token.fetched_at > began
        return token if fresh or self._clock() < token.renew_at else None

    def _failure_since(self, moment: float) -> NotSent | None:
        """Return the last failure, if it came after `moment`."""
        with self._state:
            failure = self._failure
        return failure[1] if failure and failure[0] > moment else None

    def _wait_for_turn(self, until: float) -> None:
        """Wait until this thread may fetch, or raise `TokenUnavailable`."""
        seconds = min(until - self._clock(), self._patience)
        if not self._fetching.acquire(timeout=max(seconds, 0)):
            raise TokenUnavailable("another thread is still waiting for the token endpoint")

    def _fetch_now(self, until: float) -> Token:
        """Fetch a token by `until` and keep it, or keep the failure."""
        full = self._clock() + self._patience
        try:
            token = self._fetch(min(full, until))
        except NotSent as error:
            if full <= until:  # a fetch that was cut short says nothing about the service
                with self._state:
                    self._failure = (self._clock(), error)
            raise
        with self._state:
            self._token = token
            self._failure = None
        return token
