"""Types of values that several operations take."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator


def _time(sent: object) -> datetime:
    """Return the time in UTC that was sent as text (ISO 8601); the years are 2000 to 2199.

    Beyond these, times cannot be converted between time zones, or stored.
    """
    with suppress(ValueError):
        if isinstance(sent, str) and len(sent) <= 40:
            moment = datetime.fromisoformat(sent)
            if moment.tzinfo and 2000 <= moment.year < 2200:
                return moment.astimezone(UTC)
    raise ValueError("send a time with its offset, such as 2026-06-01T09:00:00+02:00")


Moment = Annotated[datetime, BeforeValidator(_time)]
