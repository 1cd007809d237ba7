"""Tell a monitor once a minute that all is well (`HEARTBEAT_URL`). It raises the alarm if we stop.

Unlike an alert, this also reports a machine without power and a network that is cut: somebody else
notices the silence.
"""

import threading

import requests
from django.conf import settings

from callbacks.core import availability, boot_clock
from callbacks.operations import health

EVERY_SECONDS = 60.0
TIMEOUT_SECONDS = 5.0


class DeadMansSwitch:
    """Pings from a thread of its own, so that a slow or failing monitor delays nothing."""

    def __init__(self) -> None:
        self._next = 0.0
        self._ping: threading.Thread | None = None

    def look(self) -> bool:
        """Ping if it is time to and all is well. Return whether a ping was started.

        Call it after each round of housekeeping, in the process that does the housekeeping. While
        the last ping is under way, no other is started.

        Raises:
            Error: the database is away.
        """
        if not settings.HEARTBEAT_URL or boot_clock.now() < self._next:
            return False
        if self._ping is not None and self._ping.is_alive():
            return False
        self._next = boot_clock.now() + EVERY_SECONDS
        if health.problems():
            return False
        self._ping = threading.Thread(target=_send, name="heartbeat-url", daemon=True)
        self._ping.start()
        return True

    def wait(self) -> None:
        """Wait until the ping under way is over; for tests."""
        if self._ping is not None:
            self._ping.join()


def _send() -> None:
    """Send one ping. Its answer is not read."""
    try:
        with requests.get(
            settings.HEARTBEAT_URL, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
        ) as answer:
            if not answer.ok or answer.is_redirect:
                raise requests.HTTPError
    except requests.RequestException as error:
        availability.heartbeat_url.failed(error)
    else:
        availability.heartbeat_url.recovered()
