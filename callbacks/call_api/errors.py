"""What can go wrong with a call, as a tree of exceptions that a caller can act on.

The text of each exception is safe to log: it never contains a secret, a token, a number or an
email. The service's own words are in `excerpt`, redacted.
"""

from callbacks.call_api.codes import AttemptCode


class CallApiError(Exception):
    """No call was accepted.

    `code`: an `AttemptCode`, which is stored with the attempt.
    `http_status`: the status of the answer, if there was one.
    `excerpt`: the service's words, redacted, at most 500 characters.
    `answers`: one entry for each time that the startcall was sent: the HTTP status of the answer,
    or None if there was none. Empty if it was never sent.
    `sent`: False if the startcall certainly did not reach the service's application; True if it may
    have reached it.
    `retryable`: whether a machine may try again.
    """

    code: str = AttemptCode.ANSWER_UNKNOWN
    sent: bool = True
    retryable: bool = False

    # Everything except the message has a default, so that copy and pickle can rebuild the error.
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
    """Nothing was sent: no connection, no TLS, no address for the name, or no time left."""

    code = AttemptCode.NOT_SENT
    sent = False
    retryable = True


class HeldBack(NotSent):
    """`may_send` said no right before sending. `code` is what it returned."""


class TokenUnavailable(NotSent):
    """The service gave no usable token: it is away, or its answer cannot be used."""

    code = AttemptCode.TOKEN_UNAVAILABLE


class CredentialsRefused(NotSent):
    """The client ID or secret is wrong, or the service refused a token that was just fetched."""

    code = AttemptCode.CREDENTIALS_REFUSED


class TryLater(CallApiError):
    """The service declined for now and started no call.

    `retry_after`: in how many seconds it may be asked again, or None if it did not say.
    """

    code = AttemptCode.TRY_LATER
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
    """The service will never place this call."""

    code = AttemptCode.REFUSED


class OutcomeUnknown(CallApiError):
    """The startcall was sent, and nobody knows whether a phone rang. It must not be sent again."""

    code = AttemptCode.ANSWER_UNKNOWN
