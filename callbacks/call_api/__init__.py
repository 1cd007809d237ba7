"""The client of the call service: fetch a token, start a call, say whether anything was sent.

This part promises that each failure tells the caller what to do: whether the request may have
reached the service (`sent`), and whether a machine may try again (`retryable`). It also promises
that no secret, token, number or email appears in an error.

- `default_client()` returns the `CallApi` that all threads of this process share.
- `CallApi.start_call` starts one call; it returns `Accepted` or raises a `CallApiError`.
- `CallApi.exchange` returns the `Exchange` whose connection may be opened before.
- `AttemptCode` names everything that can become of an attempt.
- `connected_service` says whether the real service or the sandbox is connected.
- `diagnosis` finds out why the service cannot be reached.
- `addresses`: where a request goes, and what a connection to there needs: a socket, and a TLS
  context.
- `client`: the call service as the rest of the project sees it.
- `codes`: the codes that are stored with an attempt and say what became of it.
- `config`: where the call service is, which credentials we use, and how long we wait.
- `connection`: connections that record how far a request got.
- `default`: the one client of this process, made from Django's settings.
- `errors`: what can go wrong with a call, as a tree of exceptions that a caller can act on.
- `redaction`: shorten the service's own words and remove personal data, so that they may be kept
  and shown.
- `retry_after`: when the service may be asked again (RFC 9110, section 10.2.3).
- `startcall`: start a call: send the request, also where it is redirected to, and interpret the
  answer.
- `token_cache`: keep one token per process; let one thread at a time fetch it.
- `token_fetches`: count the token fetches of this process, until somebody takes the counts to the
  database.
- `tokens`: fetch the access token, and read the answer with suspicion.
- `transport`: send one POST, and report what is known of it afterwards.

It knows no model. The parts above it (dispatch, operations, staff, commands) know no HTTP.
"""

from callbacks.call_api.client import CallApi
from callbacks.call_api.codes import AttemptCode
from callbacks.call_api.config import Config
from callbacks.call_api.connection import Exchange
from callbacks.call_api.default import (
    default_client,
    from_settings,
    reset_default_client,
    token_fetches,
)
from callbacks.call_api.errors import (
    CallApiError,
    CredentialsRefused,
    HeldBack,
    NotSent,
    OutcomeUnknown,
    Refused,
    TokenUnavailable,
    TryLater,
)
from callbacks.call_api.startcall import Accepted
from callbacks.call_api.token_fetches import TokenFetch

__all__ = [
    "Accepted",
    "AttemptCode",
    "CallApi",
    "CallApiError",
    "Config",
    "CredentialsRefused",
    "Exchange",
    "HeldBack",
    "NotSent",
    "OutcomeUnknown",
    "Refused",
    "TokenFetch",
    "TokenUnavailable",
    "TryLater",
    "default_client",
    "from_settings",
    "reset_default_client",
    "token_fetches",
]
