"""A small version of the simulation in `make bench ARGS="--only growth"`, of one account."""

import statistics

import pytest

from benchmarks.inside.virtual_account import PACE_CALLS, Account, Wait, arrivals, simulate
from callbacks.models import Attempt

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

ACCOUNT = Account(widgets=30, requests_a_day=100_000, load=0.95, seconds=150, seed=7)


@pytest.fixture
def waits(settings) -> list[Wait]:
    settings.PACE_CALLS, settings.PACE_SECONDS = 0, 0.0  # so that both are as before afterwards
    return simulate(ACCOUNT)


def test_every_visitor_is_called_at_the_pace_and_a_campaign_delays_itself_alone(waits) -> None:
    assert len(waits) == len(arrivals(ACCOUNT)) > 150
    starts = list(Attempt.objects.order_by("started_at").values_list("started_at", flat=True))
    window = ACCOUNT.pace_seconds
    gaps = [
        (later - first).total_seconds()
        for first, later in zip(starts, starts[PACE_CALLS:], strict=False)
    ]
    assert gaps
    assert min(gaps) >= window - 0.001  # never more calls than the pace allows
    assert min(gaps) < window + 0.001  # and as many as it allows
    campaign = [wait.seconds for wait in waits if wait.rank == 0]
    others = [wait.seconds for wait in waits if wait.rank > 0]
    assert len(campaign) > PACE_CALLS
    assert statistics.mean(others) < 0.4 * statistics.mean(campaign)


def test_a_seed_finds_the_same_visitors_again() -> None:
    assert arrivals(ACCOUNT) == arrivals(ACCOUNT)
    assert arrivals(ACCOUNT) != arrivals(Account(30, 100_000, 0.95, 150, seed=8))
