"""The Call API as the rest of the project sees it."""

from collections.abc import Callable
from dataclasses import replace

from callbacks.call_api.config import Config
from callbacks.call_api.errors import CallApiError, CredentialsRefused, NotSent
from callbacks.call_api.startcall import Accepted, Call, Sends, meaning, place, used_up, words
from callbacks.call_api.token_cache import TokenCache
from callbacks.call_api.tokens import fetch_token


class CallApi:
    """Starts calls. Thread-safe; one per process, so that its threads share one token."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._tokens = TokenCache(
            lambda deadline: fetch_token(config, deadline),
            patience=config.token_seconds,
            clock=config.clock,
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
        self,
        *,
        originate: str,
        destination: str,
        email: str,
        begun: float,
        deadline: float,
        sends_left: int,
        may_send: Callable[[], str],
    ) -> Accepted:
        """Asks the service to ring ``destination`` (E.164) from the scenario ``originate``.

        ``email`` reaches the bot as it is. Times are values of ``config.clock``: ``begun`` when the
        attempt began, before a token was looked for; ``deadline`` when the whole attempt is over,
        token refresh and redirects included. ``sends_left``: how often the startcall may be sent,
        redirects and the second try after a 401 included. ``may_send`` is asked right before each
        send, once the connection stands: nothing is sent if it returns a code that says why not.

        Raises a CallApiError, whose ``answers`` tells each send; only its ``retryable`` kinds may
        be tried again by a machine. Raises what ``may_send`` raises, and then nothing was sent
        after what was answered before.
        """
        call = Call(originate, destination, email)
        call.body()  # says no before anything is asked of anybody
        sends = Sends(sends_left, may_send)
        try:
            accepted = self._start_call(call, begun, deadline, sends)
        except CallApiError as error:
            error.answers = tuple(sends.answers)
            raise
        return replace(accepted, answers=tuple(sends.answers))

    def _start_call(self, call: Call, begun: float, deadline: float, sends: Sends) -> Accepted:
        if deadline <= self.config.clock():
            raise NotSent("no time left for startcall", code="deadline_passed")
        token = self._tokens.get(deadline)
        answer = place(self.config, call, token.value, deadline, sends)
        # A realm may revoke a token early: one that was there before the attempt is replaced, once.
        if answer.status == 401 and token.fetched_at < begun:
            self._tokens.drop(token)
            if sends.left <= 0:
                raise used_up(401, words(answer, self.config, call, token.value))
            token = self._tokens.get(deadline)
            answer = place(self.config, call, token.value, deadline, sends)
        if answer.status == 401:
            self._tokens.drop(token)
            raise CredentialsRefused(
                "startcall refused a token that was just fetched",
                http_status=401,
                excerpt=words(answer, self.config, call, token.value),
            )
        return meaning(answer, self.config, call, token.value)
