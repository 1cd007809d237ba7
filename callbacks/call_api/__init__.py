"""The outbound call service: a token, one request, and errors that say whether it was sent.

Nothing above this package knows HTTP.
"""

from callbacks.call_api.client import CallApi
from callbacks.call_api.config import Config
from callbacks.call_api.default import default_client, from_settings, reset_default_client
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
from callbacks.call_api.startcall import SENDS_USED_UP, Accepted

__all__ = [
    "SENDS_USED_UP",
    "Accepted",
    "CallApi",
    "CallApiError",
    "Config",
    "CredentialsRefused",
    "HeldBack",
    "NotSent",
    "OutcomeUnknown",
    "Refused",
    "TokenUnavailable",
    "TryLater",
    "default_client",
    "from_settings",
    "reset_default_client",
]
