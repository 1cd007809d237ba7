"""Types of values that several operations take."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator

from callbacks.core import outside_times


def _time(sent: object) -> datetime:
    """Return the time in UTC that was sent as text (ISO 8601, with an offset)."""
    with suppress(ValueError):
        if isinstance(sent, str):
            moment = outside_times.read(sent)
            if moment.tzinfo:
                return moment.astimezone(UTC)
    raise ValueError("send a time with its offset, such as 2026-06-01T09:00:00+02:00")


Moment = Annotated[datetime, BeforeValidator(_time)]
