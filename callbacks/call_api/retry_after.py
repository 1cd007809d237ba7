"""When the service may be asked again (RFC 9110, section 10.2.3)."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_SECONDS = 86_400.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the value of `Retry-After` in seconds from now, from 0 to 86400.

    Return None if the header is missing or cannot be read. A date is compared with the answer's own
    `Date`, so that a wrong clock on either side does not matter. Without a `Date`, it is compared
    with our clock.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), MAX_SECONDS)
    wanted = http_date(value)
    if wanted is None:
        return None
    sent = http_date(headers.get("Date", ""))
    seconds = wanted - (time.time() if sent is None else sent)
    return min(max(seconds, 0.0), MAX_SECONDS)


def http_date(value: str) -> float | None:
    """Return the Unix time of an HTTP date, in seconds, or None if it cannot be read."""
    try:
        moment: datetime = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
