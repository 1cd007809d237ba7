"""Read the report of a processed call.

Of its fields, only the names are documented. So each value is read by itself: one that cannot be
read is left out, and never stops the others.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from callbacks.core import outside_times
from callbacks.core.storable import is_storable

MOST_TAGS, LONGEST_TAG = 20, 60
MOST_FIELDS = 50
LONGEST_IDENTIFIER = 254
# Larger numbers count milliseconds: as seconds, they would be after the year 5000.
SECONDS_AT_MOST = 1e11
_ANI = re.compile(r"\+?([1-9][0-9]{5,14})", re.ASCII)


class Unreadable(ValueError):
    """The body is not a JSON object."""


@dataclass(frozen=True)
class Report:
    """What is kept of a report, and what its request is found by.

    `number` is in E.164, "" if there is none. `identifiers` are all texts among the customer's
    fields: one of them may be the identifier that the call was started with.
    """

    service_id: str = ""
    at: datetime | None = None
    status: str = ""
    duration: float | None = None
    campaign: str = ""
    tags: tuple[str, ...] = ()
    number: str = ""
    identifiers: tuple[str, ...] = ()


def read(body: bytes) -> Report:
    """Return the report in this JSON text.

    Raises:
        Unreadable: it is not a JSON object in UTF-8.
    """
    try:
        found = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(found, dict):
        raise Unreadable
    fields = found.get("metadata")
    fields = dict(list(fields.items())[:MOST_FIELDS]) if isinstance(fields, dict) else {}
    return Report(
        service_id=_text(found.get("unique_id"), 100),
        at=_time(found.get("timestamp")),
        status=_text(found.get("status"), 20).lower(),
        duration=_number(found.get("duration")),
        campaign=_text(found.get("campaign"), 100),
        tags=tuple(_tags(found.get("tags"))),
        number=_e164(fields),
        identifiers=tuple(
            value
            for value in fields.values()
            if isinstance(value, str)
            and 0 < len(value) <= LONGEST_IDENTIFIER
            and is_storable(value)
        ),
    )


def _text(value: Any, longest: int) -> str:
    """Return a text or a whole number as a text of one line, "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        text = str(value)
    except ValueError:  # a whole number with thousands of digits
        return ""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", text[: 4 * longest]).split())[
        :longest
    ]


def _number(value: Any) -> float | None:
    """Return a number that is not negative, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _time(value: Any) -> datetime | None:
    """Return the time (UTC) that a number since 1970 or an ISO 8601 text means.

    A text without a time zone is taken as UTC. A year that no call can be of makes no time.
    """
    try:
        if isinstance(value, str):
            read = outside_times.read(value.strip())
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        seconds = _number(value)
        if seconds is None:
            return None
        return outside_times.checked(
            datetime.fromtimestamp(seconds if seconds < SECONDS_AT_MOST else seconds / 1000, tz=UTC)
        )
    except (ValueError, OverflowError, OSError):
        return None


def _tags(value: Any) -> Iterator[str]:
    """Yield the texts among the tags."""
    for tag in value[:MOST_TAGS] if isinstance(value, list) else ():
        if text := _text(tag, LONGEST_TAG):
            yield text


def _e164(fields: dict[str, Any]) -> str:
    """Return the customer's number, which the service sends in `ANI` without the plus sign."""
    given = next((value for name, value in fields.items() if name.upper() == "ANI"), "")
    found = _ANI.fullmatch(_text(given, 20))
    return f"+{found[1]}" if found else ""
