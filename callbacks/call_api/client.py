"""The Call API as the rest of the project sees it."""

import time

from .config import Config
from .errors import CredentialsRefused, NotSent
from .startcall import Accepted, Call, meaning, place, words
from .token_cache import TokenCache
from .tokens import fetch_token

# A token younger than this is not refused for its age: the credentials are at fault.
JUST_FETCHED_SECONDS = 5.0


class CallApi:
    """Starts calls. Thread-safe; one per process, so that its threads share one token."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._tokens = TokenCache(
            lambda deadline: fetch_token(config, deadline), patience=config.token_seconds
        )

    def ensure_token(self) -> None:
        """Makes sure that a valid token is in hand. Raises TokenUnavailable, CredentialsRefused."""
        self._tokens.get()

    def fetch_new_token(self) -> None:
        """Drops the token and fetches another, to see whether the service is back.

        Raises TokenUnavailable or CredentialsRefused.
        """
        self._tokens.renew()

    def start_call(
        self, *, originate: str, destination: str, email: str, deadline: float
    ) -> Accepted:
        """Asks the service to ring ``destination`` (E.164) from the scenario ``originate``.

        ``email`` reaches the bot as it is. ``deadline``: the ``time.monotonic()`` value by which
        the whole attempt is over, token refresh and redirects included.

        Raises a CallApiError; only its ``retryable`` kinds may be tried again by a machine.
        """
        call = Call(originate, destination, email)
        call.body()  # says no before anything is asked of anybody
        if deadline <= time.monotonic():
            raise NotSent("no time left for startcall", code="deadline_passed")
        token = self._tokens.get(deadline)
        just_fetched = time.monotonic() - token.fetched_at < JUST_FETCHED_SECONDS
        answer = place(self.config, call, token.value, deadline)
        if answer.status == 401 and not just_fetched:
            self._tokens.drop(token)
            token = self._tokens.get(deadline)
            answer = place(self.config, call, token.value, deadline)
        if answer.status == 401:
            self._tokens.drop(token)
            raise CredentialsRefused(
                "startcall refused a token that was just fetched",
                http_status=401,
                excerpt=words(answer, self.config, call, token.value),
            )
        return meaning(answer, self.config, call, token.value)
