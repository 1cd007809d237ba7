"""Report errors to Sentry, or to what speaks its language, if `SENTRY_DSN` is set.

A report leaves the machine, so it is made anew from what cannot be personal: the name of the event
or logger, the types of the errors, and the lines of code on which they came up. The text of an
error, variables, requests, users and host names stay here; the log has the scrubbed text.
"""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.logging import EventHandler

from callback_site.version import VERSION

# Of one line of a traceback. The source code is the project's own, or a library's.
_OF_A_FRAME = ("filename", "module", "function", "lineno", "context_line", "in_app")


class Handler(EventHandler):
    """Report what is logged as an error."""

    def __init__(self) -> None:
        """Leave warnings and news to the log."""
        super().__init__(level="ERROR")


def begin(dsn: str, **options: Any) -> None:
    """Begin to report. `options` are further ones of the library, for tests."""
    sentry_sdk.init(
        dsn,
        release=f"callback@{VERSION}",
        before_send=reduced,
        include_local_variables=False,
        max_breadcrumbs=0,
        # The library's own hooks would collect requests, arguments and queries. Our log tells
        # which errors there are.
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        **options,
    )


def reduced(event: Any, hint: dict[str, Any]) -> Any:
    """Return the event with nothing left that could be personal."""
    record = hint.get("log_record")
    # An event of ours has a fixed name. The message of a library may contain anything.
    said = record.msg if record else None
    name = said.get("event") if isinstance(said, dict) else event.get("logger", "error")
    kept = {
        key: event[key]
        for key in ("event_id", "timestamp", "platform", "level", "logger", "release")
        if key in event
    }
    errors = [_without_text(error) for error in event.get("exception", {}).get("values", [])]
    return kept | {"logentry": {"message": str(name)}, "exception": {"values": errors}}


def _without_text(error: dict[str, Any]) -> dict[str, Any]:
    """Return the type of an error and its lines of code."""
    frames = (error.get("stacktrace") or {}).get("frames", [])
    kept = [{key: frame[key] for key in _OF_A_FRAME if key in frame} for frame in frames]
    return {"type": error["type"], "module": error.get("module"), "stacktrace": {"frames": kept}}
