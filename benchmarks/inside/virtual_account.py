"""Let the product pace and order the calls of one account, in virtual time, and print the waits.

    virtual_account.py WIDGETS REQUESTS_A_DAY LOAD SECONDS SEED

Nothing of the rules stands here: requests join the queue and are claimed by the product's own
functions and SQL, with its clock set to the virtual time. The call service is a stand-in that
answers at once, and a worker is always free. So the waits are those that pacing and the fair queue
cause, and nothing else.

The popularity of the widgets follows Zipf's law, and visitors come at random (Poisson), except
those of the most popular widget: in the middle of the slice, all of them come at once.
"""

import json
import logging
import random
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import django

django.setup()

import structlog  # noqa: E402
from django.conf import settings  # noqa: E402

from benchmarks.inside import columns  # noqa: E402
from callbacks.core import clock  # noqa: E402
from callbacks.dispatch import PlaceResult, place_next  # noqa: E402
from callbacks.models import Attempt, CallRequest, Widget  # noqa: E402
from callbacks.scheduling import fair_queue, pacing  # noqa: E402
from tests.support.call_service.fake_api import FakeApi  # noqa: E402

DAY = 24 * 3600
BEGIN = datetime(2026, 6, 1, 12, tzinfo=UTC)
# How long a request is tried: longer than any wait here, so that each wait is measured whole.
PATIENCE = timedelta(hours=10)
# The pace that the call service gives an account: this number of calls in a window, of which the
# length follows from the load.
PACE_CALLS = 40


@dataclass(frozen=True)
class Account:
    """An account: `load` is the share of its paced capacity that visitors ask for."""

    widgets: int
    requests_a_day: float
    load: float
    seconds: float
    seed: int

    @property
    def pace_seconds(self) -> float:
        """The window of `PACE_CALLS` calls in which visitors ask for `load` of them."""
        return PACE_CALLS * self.load / (self.requests_a_day / DAY)


@dataclass(frozen=True)
class Wait:
    """How long the visitor of a widget waited; rank 0 is the most popular widget."""

    rank: int
    seconds: float


def arrivals(account: Account) -> list[tuple[float, int]]:
    """Return when visitors ask, in seconds, and the rank of their widget; the earliest first."""
    source = random.Random(account.seed)
    ranks = range(account.widgets)
    weights = [1 / (rank + 1) for rank in ranks]
    found, at = [], 0.0
    while (at := at + source.expovariate(account.requests_a_day / DAY)) < account.seconds:
        [rank] = source.choices(ranks, weights)
        found.append((account.seconds / 2 if rank == 0 else at, rank))
    return sorted(found)


def simulate(account: Account) -> list[Wait]:
    """Return the wait of each visitor, in the order of the calls.

    The settings `PACE_CALLS` and `PACE_SECONDS` are changed; the tables must be empty.
    """
    settings.PACE_CALLS, settings.PACE_SECONDS = PACE_CALLS, account.pace_seconds
    Widget.objects.bulk_create(
        Widget(name=f"Widget {rank}", originate="scenario") for rank in range(account.widgets)
    )
    widgets = list(Widget.objects.order_by("pk"))
    visits = deque((BEGIN + timedelta(seconds=at), widgets[rank]) for at, rank in arrivals(account))
    api, asked, called, now = FakeApi(), 0, 0, BEGIN
    while visits or called < asked:
        moments = [visits[0][0]] if visits else []
        if called < asked:
            moments.append(_room_at(now))
        now = min(moments)
        with clock.set_to(now):
            while visits and visits[0][0] <= clock.now():
                _ask(visits.popleft()[1], asked)
                asked += 1
            while called < asked and place_next(api) is PlaceResult.WORKED:  # type: ignore[arg-type]
                called += 1
    return list(_waits({widget.pk: rank for rank, widget in enumerate(widgets)}))


def _room_at(now: datetime) -> datetime:
    """Return when the account's pace, which is used up at `now`, has room for one more call."""
    [limit] = pacing.account_pacing()
    oldest = limit.inside(now).values_list("started_at", flat=True).first()
    assert oldest is not None  # or the request would have been called
    return oldest + limit.window


def _ask(widget: Widget, number: int) -> None:
    now = clock.now()
    CallRequest.objects.create(
        widget=widget,
        nonce=f"n{number}",
        number=f"+336{number:08}",
        **columns.asked_at(now),
        due_at=now,
        patience_until=now + PATIENCE,
        queue_position=fair_queue.next_position(widget.pk),
    )


def _waits(ranks: dict[int, int]) -> Iterator[Wait]:
    rows = Attempt.objects.order_by("id").values_list(
        "widget_id", "started_at", "call_request__created_at"
    )
    for widget_id, started_at, created_at in rows:
        yield Wait(ranks[widget_id], (started_at - created_at).total_seconds())


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    widgets, requests_a_day, load, seconds, seed = sys.argv[1:]
    account = Account(int(widgets), float(requests_a_day), float(load), float(seconds), int(seed))
    print(json.dumps([asdict(wait) for wait in simulate(account)]))
