"""No worker runs, although messages can be sent: the housekeeping process places the calls."""

import pytest

from callbacks.models import CallRequest, Status
from tests.support.factories import make_request

pytestmark = pytest.mark.minutes


def test_calls_are_placed_all_the_same(site, sandbox):
    requests = [make_request() for _ in range(3)]
    site.start("housekeeping")
    called = CallRequest.objects.filter(status=Status.CALLED)
    site.wait_for(lambda: called.count() == len(requests), "the calls", patience=40)
    assert len(sandbox.calls()) == len(requests)
    workers = {call_request.attempts.get().worker for call_request in requests}
    assert all("fallback" in worker for worker in workers)
    assert site.stop("housekeeping") == 0
