"""One process at a time does the housekeeping."""

from datetime import UTC, datetime, timedelta

import pytest

from callbacks.core import clock
from callbacks.models import PeriodicJob
from callbacks.worker import housekeeping_job

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_one_process_at_a_time_holds_the_lease():
    with clock.set_to(NOW):
        assert housekeeping_job.take_job("a")
        assert not housekeeping_job.take_job("b")
        assert housekeeping_job.take_job("a")
    with clock.set_to(NOW + housekeeping_job.LOCKED_FOR + timedelta(seconds=1)):
        assert housekeeping_job.take_job("b")
        assert not housekeeping_job.take_job("a")


def test_a_lease_is_kept_by_its_holder_and_given_back():
    for second in range(0, 60, 4):
        with clock.set_to(NOW + timedelta(seconds=second)):
            assert housekeeping_job.take_job("a")
    with clock.set_to(NOW + timedelta(seconds=60)):
        housekeeping_job.release_job("a")
    with clock.set_to(NOW + timedelta(seconds=61)):
        assert housekeeping_job.take_job("b")


def test_a_lease_is_renewed_once_half_of_it_has_passed():
    for since, renewed in ((0, True), (4.9, False), (5, True), (9.9, False)):
        moment = NOW + housekeeping_job.LOCKED_FOR * since / 10
        with clock.set_to(moment):
            assert housekeeping_job.take_job("a")
        until = PeriodicJob.objects.get(name=housekeeping_job.NAME).until
        assert (until == moment + housekeeping_job.LOCKED_FOR) is renewed
