"""The call service as the rest of the project sees it."""

from collections.abc import Callable
from dataclasses import replace

from callbacks.call_api.codes import AttemptCode
from callbacks.call_api.config import Config
from callbacks.call_api.connection import Exchange
from callbacks.call_api.errors import CallApiError, CredentialsRefused, NotSent
from callbacks.call_api.startcall import Accepted, Call, Sends, meaning, place, used_up, words
from callbacks.call_api.token_cache import TokenCache
from callbacks.call_api.token_fetches import TokenFetches
from callbacks.call_api.tokens import fetch_token


class CallApi:
    """A client that starts calls.

    It is thread-safe. There is one per process, so that its threads share one token.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.token_fetches = TokenFetches()
        self._tokens = TokenCache(
            lambda deadline: self.token_fetches.count(lambda: fetch_token(config, deadline)),
            patience=config.token_seconds,
            clock=config.clock,
        )

    def has_token(self) -> bool:
        """Return whether a valid token is at hand. This never waits."""
        return self._tokens.has_token()

    def ensure_token(self) -> None:
        """Make sure that a valid token is at hand.

        Raises:
            TokenUnavailable: the service gave no usable token.
            CredentialsRefused: the service refused the client ID or secret.
        """
        self._tokens.get()

    def fetch_new_token(self) -> None:
        """Drop the token and fetch another, to find out whether the service is back.

        Raises:
            TokenUnavailable: the service gave no usable token.
            CredentialsRefused: the service refused the client ID or secret.
        """
        self._tokens.renew()

    def exchange(self) -> Exchange:
        """Return an exchange for a startcall, to open its connection early. It is not open yet."""
        return Exchange(self.config.call_url, self.config)

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
        exchange: Exchange | None = None,
    ) -> Accepted:
        """Ask the service to call `destination`, with the bot's scenario `originate`.

        Args:
            originate: the codename of the scenario.
            destination: the number to call, in E.164.
            email: passed to the bot unchanged.
            begun: when the attempt began, before a token was fetched; a value of `config.clock`.
            deadline: when the whole attempt must be over, including the token and redirects; a
                value of `config.clock`.
            sends_left: how often the request may be sent. Redirects, and the second try after a
                401, count.
            may_send: asked before each send, once the connection is open. If it returns a code,
                which says why not, nothing is sent.
            exchange: what `exchange` returned; it is used for the first send.

        Raises:
            CallApiError: no call was accepted. Its `answers` lists the result of each send. A
                machine may try again only if the error is `retryable`.
            Exception: what `may_send` raised. Nothing was then sent after the last answer.
        """
        call = Call(originate, destination, email)
        call.body()  # refuses text that cannot be sent, before any request is made
        sends = Sends(sends_left, may_send, exchange)
        try:
            accepted = self._start_call(call, begun, deadline, sends)
        except CallApiError as error:
            error.answers = tuple(sends.answers)
            raise
        return replace(accepted, answers=tuple(sends.answers))

    def _start_call(self, call: Call, begun: float, deadline: float, sends: Sends) -> Accepted:
        """Start the call, with one more try if the service refuses a token fetched earlier."""
        if deadline <= self.config.clock():
            raise NotSent("no time left for startcall", code=AttemptCode.DEADLINE_PASSED)
        token = self._tokens.get(deadline)
        answer = place(self.config, call, token.value, deadline, sends)
        # The service may revoke a token early. A token from before this attempt is replaced once.
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
