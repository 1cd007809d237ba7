"""The outbound call service: a token, one request, and errors that say whether it was sent.

Nothing above this package knows HTTP.
"""

from .client import CallApi
from .config import Config
from .default import default_client, from_settings, reset_default_client
from .errors import (
    CallApiError,
    CredentialsRefused,
    HeldBack,
    NotSent,
    OutcomeUnknown,
    Refused,
    TokenUnavailable,
    TryLater,
)
from .startcall import SENDS_USED_UP, Accepted

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
