"""The client of the call service: fetch a token, start a call, say whether anything was sent.

This part promises that each failure tells the caller what to do: whether the request may have
reached the service (`sent`), and whether a machine may try again (`retryable`). It also promises
that no secret, token, number or email appears in an error.

- `default_client()` returns the `CallApi` that all threads of this process share.
- `CallApi.start_call` starts one call; it returns `Accepted` or raises a `CallApiError`.
- `AttemptCode` names everything that can become of an attempt.
- `connected_service` says whether the real service or the sandbox is connected.
- `diagnosis` finds out why the service cannot be reached.

It knows no model. The parts above it (dispatch, operations, staff, commands) know no HTTP.
"""

from callbacks.call_api.client import CallApi
from callbacks.call_api.codes import AttemptCode
from callbacks.call_api.config import Config
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
