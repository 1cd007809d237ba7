"""What can go wrong with a call, as a tree that a caller can act on.

``str()`` of any of these is safe to log: it never holds a secret, a token, a number or an email.
The API's own words are in ``excerpt``, redacted.
"""


class CallApiError(Exception):
    """No call was accepted.

    ``code``: a stable machine word. ``http_status``: of the answer, if there was one.
    ``excerpt``: the API's redacted words, at most 500 characters.
    ``answers``: the status that each send of the attempt was answered with, None for no answer;
    empty if the startcall was never sent.
    ``sent``: False when the startcall certainly did not reach the service's application; True
    when it may have. ``retryable``: whether a machine may try again.
    """

    code: str = "call_api_error"
    sent: bool = True
    retryable: bool = False

    # Everything but the message has a default, so that copy and pickle can rebuild an error.
    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        http_status: int | None = None,
        excerpt: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.http_status = http_status
        self.excerpt = excerpt
        self.answers: tuple[int | None, ...] = ()


class NotSent(CallApiError):
    """Nothing was sent: no connection, no TLS, no name, or no time left before sending."""

    code = "not_sent"
    sent = False
    retryable = True


class HeldBack(NotSent):
    """``may_send`` said no right before the send; ``code`` is what it returned."""


class TokenUnavailable(NotSent):
    """The token endpoint is away, or its answer is of no use."""

    code = "token_unavailable"


class CredentialsRefused(NotSent):
    """The client id or secret is wrong, or a token just fetched was refused."""

    code = "credentials_refused"


class TryLater(CallApiError):
    """The service declined and started no call.

    ``retry_after``: seconds from now, None if it did not say.
    """

    code = "try_later"
    retryable = True

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        code: str | None = None,
        http_status: int | None = None,
        excerpt: str = "",
    ) -> None:
        super().__init__(message, code=code, http_status=http_status, excerpt=excerpt)
        self.retry_after = retry_after


class Refused(CallApiError):
    """The service will not place this call, now or later."""

    code = "refused"


class OutcomeUnknown(CallApiError):
    """It was sent, and nobody can say whether a phone rang: it must not be sent again."""

    code = "answer_unknown"
