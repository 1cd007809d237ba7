"""What a claim gives to its worker."""

from dataclasses import dataclass
from typing import NamedTuple

from callbacks.models import CallRequest

# How often machines may send a request's startcall for each time that a person asks for the call.
# Redirects, probes and the second try after a 401 count too.
MOST_SENDS = 5


class Look(NamedTuple):
    """What a last look found: the code that says why nothing may be sent, or "".

    `since`: when it was not answered yet, and the connection to the call service was open; by the
    boot clock, in seconds. So the look is not older.
    """

    code: str
    since: float


@dataclass(frozen=True)
class Claim:
    """A request that this worker alone may call, and the number of its attempt.

    `originate` is the scenario.
    """

    call_request: CallRequest
    attempt: int
    originate: str
    # The boot clock, in seconds, from before the claim's transaction.
    begun: float
    # The look right after the commit, if the connection to the call service was open by then.
    # `last_look` says how long it counts.
    looked: Look | None = None

    @property
    def sends_left(self) -> int:
        """Return how often its startcall may still be sent."""
        return MOST_SENDS - self.call_request.sends_since_asked


@dataclass(frozen=True)
class Blocked:
    """A request that was cancelled or set aside instead of claimed. Nobody is called."""

    call_request: CallRequest
