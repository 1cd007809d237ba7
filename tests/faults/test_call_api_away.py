"""The call service fails: calls stop, visitors are told the truth, staff are told once, and it all
goes on by itself when the service is back.
"""

import json
import time
from datetime import timedelta

import pytest

from callbacks.core import clock
from callbacks.dispatch import call_switch, circuit_breaker
from callbacks.models import CallRequest, CircuitState, Reason, Status, WebhookEvent
from callbacks.webhooks import endpoints
from tests.support import webhook_receiver
from tests.support.factories import make_request, make_widget
from tests.support.processes.sinks import mail_server
from tests.support.visitor import fetch

pytestmark = pytest.mark.minutes

WORKERS = 4
REQUESTS = 30
# A little less than the time to the first probe, while which nothing may be sent.
QUIET = circuit_breaker.FIRST_PAUSE.total_seconds() - 2


def test_an_outage_from_its_beginning_to_its_end(make_site, sandbox, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with webhook_receiver.running() as receiver, mail_server() as (smtp_port, mails):
        site = make_site(
            workers=str(WORKERS),
            webhook_allow_private="true",
            alert_emails="staff@example.fr",
            email_host="127.0.0.1",
            email_port=str(smtp_port),
        )
        widget = make_widget()
        endpoints.create(receiver.url, [WebhookEvent.ALERT], None)
        now = clock.now()
        impatient = make_request(
            widget=widget,
            queue_position=10_000,
            language="en",
            patience_until=now + timedelta(seconds=8),
        )
        for _ in range(REQUESTS):
            patient = make_request(widget=widget, language="en")
        sandbox.faults([{"at": "startcall", "fault": "500"}])
        site.start("web", "worker", "housekeeping")

        def status_of(request):
            return CallRequest.objects.get(pk=request.pk).status

        def page_of(request):
            return fetch(f"{site.url}{request.get_absolute_url()}").text

        # Calls stop.
        site.wait_for(
            lambda: call_switch.current().circuit == CircuitState.OPEN, "the circuit to open"
        )
        site.wait_for(lambda: not CallRequest.objects.filter(status="calling"), "calls in hand")
        asked = sandbox.totals()["startcall_requests"]
        assert asked < circuit_breaker.FAILURES_TO_OPEN + WORKERS
        begun = time.monotonic()

        # The visitor is told the truth, and patience decides what becomes too late.
        assert "Calls are paused" in page_of(patient)
        site.wait_for(lambda: time.monotonic() > begun + QUIET, "the time before a probe")
        assert sandbox.totals()["startcall_requests"] <= asked + 1
        site.wait_for(lambda: status_of(impatient) == Status.FAILED, "patience to end")
        assert CallRequest.objects.get(pk=impatient.pk).reason == Reason.TOO_LATE
        assert "call you in time" in page_of(impatient)

        # It goes on by itself.
        sandbox.faults([])
        queued = CallRequest.objects.filter(status=Status.QUEUED)
        site.wait_for(lambda: not queued.exists(), "calls to go on")
        assert call_switch.current().circuit == CircuitState.CLOSED
        burned = CallRequest.objects.filter(status=Status.UNCERTAIN).count()
        assert burned <= asked + 2  # two probes at most in this time
        assert len(sandbox.wait_for_calls(REQUESTS - burned)) == REQUESTS - burned

        # Staff are told once.
        site.wait_for(lambda: receiver.received and mails, "the alert")
        [alert] = (json.loads(got.body)["data"] for got in receiver.received)
        assert alert["kind"] == "outage"
        assert len(mails) == 1
        assert "To: staff@example.fr" in mails[0]
