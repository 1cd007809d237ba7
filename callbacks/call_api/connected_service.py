"""Which call service is connected, so that nobody mistakes the sandbox for the real one."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

REAL_DOMAIN = "uh.live"
# The sandbox is known by its path, and its credentials by their prefix (it requires both itself).
SANDBOX_PATH = "/sandbox/"
SANDBOX_CLIENT = "sandbox-"


class Kind(StrEnum):
    """The kinds of service that may be connected."""

    REAL = "real"
    SANDBOX = "sandbox"
    OTHER = "other"


@dataclass(frozen=True)
class Service:
    """The connected call service and its host name."""

    kind: Kind
    host: str

    @property
    def sentence(self) -> str:
        """Return the sentence that staff read on every page of the admin."""
        if self.kind is Kind.REAL:
            return _("Connected to the real call service (%(host)s).") % {"host": self.host}
        if self.kind is Kind.SANDBOX:
            return _("Connected to the sandbox: no real phone rings.")
        return _("Connected to another call service (%(host)s).") % {"host": self.host}


def _is_sandbox(url: str) -> bool:
    """Return whether this is an address of the sandbox."""
    return urlsplit(url).path.startswith(SANDBOX_PATH)


def connected() -> Service:
    """Return the service behind `UHLIVE_CALL_URL`."""
    return _behind(settings.UHLIVE_CALL_URL)


@cache
def _behind(url: str) -> Service:
    """Return the service behind this address."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_sandbox(url):
        return Service(Kind.SANDBOX, parts.netloc)
    if host == REAL_DOMAIN or host.endswith(f".{REAL_DOMAIN}"):
        return Service(Kind.REAL, host)
    return Service(Kind.OTHER, parts.netloc)


def contradictions() -> list[str]:
    """Return what is wrong with the connection, one English sentence each, for the operator.

    The sandbox may be used only in the demo and in tests, only for both addresses, and only with
    credentials of its own. Those credentials are of no use for any other service.
    """
    sandbox = [_is_sandbox(settings.UHLIVE_TOKEN_URL), _is_sandbox(settings.UHLIVE_CALL_URL)]
    own_credentials = settings.UHLIVE_CLIENT_ID.startswith(SANDBOX_CLIENT)
    wrong = []
    if any(sandbox) and not all(sandbox):
        wrong.append(
            "UHLIVE_TOKEN_URL and UHLIVE_CALL_URL must both lead to the sandbox, or neither."
        )
    if any(sandbox) and not settings.DEMO:
        wrong.append("UHLIVE_CALL_URL leads to the sandbox, which is for the demo and tests only.")
    if any(sandbox) and not own_credentials:
        wrong.append("UHLIVE_CLIENT_ID is a real client ID: it is never sent to the sandbox.")
    if own_credentials and not all(sandbox):
        wrong.append("UHLIVE_CLIENT_ID is for the sandbox, but the addresses are not.")
    return wrong
