"""Logging: one JSON line for each event (readable lines in the demo), without personal data.

No part of the project logs a number, an email, a token or a secret. Libraries and unexpected errors
might. So every line is cut to a maximum length and scrubbed before it leaves the process.
"""

from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from callbacks.core.redaction import scrubbed_and_cut


def _scrub_event(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Remove personal data from an event, as a processor of structlog."""
    return {key: _scrubbed(value) for key, value in event.items()}


def _scrubbed(value: Any) -> Any:
    """Return a value of an event as it may be logged: texts scrubbed, other objects as text."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return scrubbed_and_cut(value if isinstance(value, str) else repr(value))


def log_settings(*, debug: bool, report_errors: bool = False) -> dict[str, Any]:
    """Return Django's LOGGING: readable lines with `debug`, otherwise JSON for machines.

    With `report_errors`, errors also go to Sentry.
    """
    handlers = ["stderr", *(["sentry"] if report_errors else [])]
    before: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    renderer: Any = (
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
        if debug
        else structlog.processors.JSONRenderer()
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "events": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    _scrub_event,
                    renderer,
                ],
            }
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "events"},
            **(
                {"sentry": {"class": "callback_site.error_reports.Handler"}}
                if report_errors
                else {}
            ),
        },
        "root": {"handlers": handlers, "level": "INFO"},
        "loggers": {
            # Without a handler here, Huey would add one of its own, which does not scrub.
            "huey": {"handlers": handlers, "level": "WARNING", "propagate": False},
            # axes logs each failed sign-in. The audit trail already has them, and we log lockouts.
            "axes": {"handlers": [], "level": "ERROR", "propagate": True},
            # A list of the admin whose address names an unknown filter: the answer is a 400.
            "django.security.DisallowedModelAdminLookup": {
                "handlers": [],
                "level": "CRITICAL",
                "propagate": True,
            },
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        },
    }
