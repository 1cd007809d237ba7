"""Tell how long each step of a request took, as OpenTelemetry traces, if that is switched on.

All steps of one request are one trace, from the form to the call, also when other processes and
machines take them. Nothing is sent along with a message for that: the trace's number follows from
the request's public ID. A step has its name, its times and a few facts that name nobody.
"""

import hashlib
import time
from typing import Any, Protocol

import structlog

log = structlog.get_logger(__name__)

# The name of the step with which a trace begins.
FIRST = "form"


class _Exporting(Protocol):
    """What sends the steps (`callback_site.traces`)."""

    def __call__(
        self, name: str, trace: int, first: int, times: tuple[int, int], facts: dict[str, Any]
    ) -> None: ...


_export: _Exporting | None = None


def begin(export: _Exporting | None) -> None:
    """Send each step that ends from now on; None ends it."""
    global _export
    _export = export


def now() -> int:
    """Return the time of this machine, in nanoseconds, for the beginning of a step."""
    return time.time_ns()


def step(
    name: str, public_id: str, began: int, ended: int | None = None, **facts: str | int | None
) -> None:
    """Send a step of this request, if tracing is on. By default, it ends now.

    Never raise: what was done is done, and whoever is told must not notice a mistake in tracing.
    """
    if _export is None:
        return
    digest = hashlib.sha256(f"trace of {public_id}".encode()).digest()
    trace, first = int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])
    known = {key: value for key, value in facts.items() if value not in (None, "")}
    try:
        _export(name, trace, first, (began, ended or now()), known | {"request": public_id})
    except Exception:
        log.exception("trace_not_sent")
