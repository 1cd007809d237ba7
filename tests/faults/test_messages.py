"""A message is a hint. Doubled, late, or from two queues: each request is one call."""

import pytest
from huey.contrib.djhuey import HUEY

from callbacks.core import clock
from callbacks.models import Attempt, CallRequest, Status
from callbacks.worker import heartbeat, tasks
from tests.support.factories import make_request, make_widget
from tests.support.processes.queues import queue_at

pytestmark = pytest.mark.slow

REQUESTS = 30
WORKERS = 8


def test_each_request_is_one_call_whatever_becomes_of_the_messages(make_site, sandbox):
    sites = [make_site(workers=str(WORKERS)), make_site(workers=str(WORKERS))]
    queues = [queue_at(site.env["QUEUE_URL"]) for site in sites]
    # While the first calls last, a process has no thread left for the others: both must call.
    sandbox.faults([{"at": "startcall", "fault": "latency", "seconds": 2.5, "times": 2 * WORKERS}])

    def put(messages):
        for queue in queues:
            for _ in range(messages):
                queue.storage.enqueue(HUEY.serialize_task(tasks.work.s()))

    def all_taken():
        return not any(queue.storage.queue_size() for queue in queues)

    try:
        for site in sites:
            site.start("worker")
        sites[0].wait_for(
            lambda: heartbeat.alive(clock.now()).count() == len(sites), "both processes"
        )
        widget = make_widget()
        for _ in range(REQUESTS):
            make_request(widget=widget)
        put(3 * REQUESTS)
        sites[0].wait_for(
            lambda: CallRequest.objects.filter(status=Status.CALLED).count() == REQUESTS,
            "every request to be called",
        )
        put(REQUESTS)  # late: there is nothing to do any more
        sites[0].wait_for(all_taken, "every message to be taken")
        for site in sites:
            assert site.stop("worker") == 0
    finally:
        for queue in queues:
            queue.storage.close()
    numbers = [call["destination"] for call in sandbox.calls()]
    assert len(numbers) == len(set(numbers)) == REQUESTS
    workers = {attempt.worker.split(":")[1] for attempt in Attempt.objects.all()}
    assert len(workers) == 2, "one process did it all: nothing was shown"
