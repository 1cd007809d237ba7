"""What the status page says about a request at one moment."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from callbacks.public.status.times import clock_time

# Seconds until it is useful to ask again: while something may happen soon, and later.
SOON, LATER = 1, 5


@dataclass(frozen=True)
class StatusMessage:
    """What the page says; `refresh_seconds` is when to ask again, unless the request is over.

    `names_contact` says whether the page also tells how to reach the company. `starts_at` is when a
    later call may come, and `ends_at` the end of its time slot, if it has one.
    """

    title: str
    text: str
    refresh_seconds: int = SOON
    names_contact: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def known_at(self) -> str:
        """The current time on the site's clock, shown if the connection is lost later."""
        return clock_time(timezone.now())
