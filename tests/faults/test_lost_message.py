"""A message that was lost between the commit and the wake-up costs seconds, not the call."""

import pytest

from callbacks.models import CallRequest, Status
from tests.support.factories import make_request
from tests.support.processes import steps

pytestmark = pytest.mark.slow

[BEFORE_THE_WAKE_UP] = [step for step in steps.ACCEPTED if step.name == "before the wake-up"]


def test_a_process_killed_before_it_woke_anybody(make_site, nursery, sandbox):
    site = make_site()
    site.start("worker", "housekeeping")
    first = make_request()
    called = CallRequest.objects.filter(status=Status.CALLED)
    site.wait_for(called.exists, "the processes to be at work")

    ask = {"widget": first.widget_id, "nonce": "one-form", "number": "+33612345678"}
    nursery.die(BEFORE_THE_WAKE_UP, "accept", **ask)
    site.wait_for(called.filter(nonce="one-form").exists, "the call")
    assert len(sandbox.calls()) == 2
    call_request = called.get(nonce="one-form")
    waited = call_request.attempts.get().started_at - call_request.created_at
    # Housekeeping looks every half second, and the worker has to be woken; the rest is for a slow
    # machine.
    assert waited.total_seconds() < 10
