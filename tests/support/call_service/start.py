"""Start the call that all tests of the client start."""

from collections.abc import Callable

from callbacks.call_api import Accepted, CallApi, Exchange

NUMBER = "+33612345678"


EMAIL = "Ada.Lovelace+test@Example.org"


SECRET = "s3cret/of+the&client"


TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl"


def start_call(
    api: CallApi,
    seconds: float = 8.0,
    *,
    begun: float | None = None,
    sends_left: int = 5,
    may_send: Callable[[], str] = lambda: "",
    exchange: Exchange | None = None,
    **changes: str,
) -> Accepted:
    """Start the call; it began now, unless `begun` (on the client's clock) says otherwise."""
    now = api.config.clock()
    return api.start_call(
        **{"originate": "a-scenario", "destination": NUMBER, "email": EMAIL} | changes,
        exchange=exchange,
        begun=now if begun is None else begun,
        deadline=now + seconds,
        sends_left=sends_left,
        may_send=may_send,
    )
