"""Do one thing as often as possible: `at_most.py WHAT SECONDS [WIDGET]`, then a line on the input.

Print `ready`, wait for the line, do it for so many seconds, and print how often it was done and
how long one took at the median, as JSON. Several of these processes together push a part until it
gives.
"""

import itertools
import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable

import django

django.setup()

import structlog  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from callbacks.dispatch import PlaceResult, place_next  # noqa: E402
from callbacks.intake import accept, submission  # noqa: E402
from callbacks.models import Widget  # noqa: E402
from tests.support.call_service.fake_api import FakeApi  # noqa: E402


def commits(_widget: str) -> Callable[[], object]:
    """Return what commits one short row, as the smallest change that anything makes."""
    cursor = connection.cursor()
    return lambda: cursor.execute("INSERT INTO commits DEFAULT VALUES")


def calls(_widget: str) -> Callable[[], object]:
    """Return what places a call from claim to record; the call service answers at once."""
    api = FakeApi()

    def place() -> None:
        if place_next(api) is not PlaceResult.WORKED:  # type: ignore[arg-type]
            raise RuntimeError("nothing is left to call")

    return place


def forms(public_id: str) -> Callable[[], object]:
    """Return what accepts a form, as the web process does once it has read it."""
    widget = Widget.objects.get(public_id=public_id)
    numbers = itertools.count(os.getpid() % 1000 * 100_000)

    def ask() -> None:
        number = f"06{next(numbers):08}"
        accept.accept(
            submission.Submission(
                widget=widget,
                nonce=f"{os.getpid()}-{number}",
                number=number,
                email="jo@example.fr",
                language="fr",
                consent=True,
                consent_text="Please call me.",
            )
        )

    return ask


def pages(_widget: str) -> Callable[[], object]:
    """Return what shows the list of requests to staff."""
    staff = Client(SERVER_NAME="127.0.0.1")
    staff.force_login(User.objects.get())
    address = reverse("admin:callbacks_callrequest_changelist")

    def show() -> None:
        assert staff.get(address).status_code == 200

    return show


def main(what: str, seconds: float, widget: str = "") -> None:
    act = {"commits": commits, "calls": calls, "forms": forms, "pages": pages}[what](widget)
    act()  # opens the connection
    print("ready", flush=True)
    sys.stdin.readline()
    times = []
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        act()
        times.append(time.perf_counter() - begun)
    print(json.dumps({"count": len(times), "median": statistics.median(times)}), flush=True)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    main(sys.argv[1], float(sys.argv[2]), *sys.argv[3:])
