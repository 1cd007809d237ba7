"""The stream of events behind the page."""

import json

import pytest

from tests.support.call_service.sandbox_client import CALL


class Events:
    """Reads events one at a time from a bare connection."""

    def __init__(self, connection):
        self._lines = connection.makefile("rb")
        head = iter(self._lines.readline, b"\r\n")
        self.head = dict(line.decode().strip().partition(": ")[::2] for line in head)

    def next(self):
        for line in self._lines:
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        raise AssertionError("the stream ended")

    def until(self, come_true):
        while not come_true(event := self.next()):
            pass
        return event

    def close(self):
        self._lines.close()


@pytest.fixture
def events(client):
    client.token()
    client.sandbox.clear()
    request = b"GET /sandbox/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    events = Events(client.raw(request))
    yield events
    events.close()


def test_first_event_shows_how_things_are(events):
    assert events.head["Content-Type"] == "text/event-stream"
    event = events.next()
    assert event["calls"] == []
    assert event["totals"]["calls"] == 0
    assert event["faults"]["rules"] == []


def test_call_arrives_with_its_answer(client, events):
    client.call()
    event = events.until(lambda event: event["calls"] and event["calls"][0]["answered"])
    assert event["calls"][0] == client.sandbox.calls()[0]
    assert event["totals"]["calls"] == 1


def test_call_that_did_not_change_is_not_sent_again(client, events):
    client.call()
    events.until(lambda event: event["calls"] and event["calls"][0]["answered"])
    client.sandbox.faults([{"at": "token", "fault": "503"}])
    assert events.until(lambda event: event["faults"]["rules"])["calls"] == []


def test_call_that_gets_no_answer_arrives_while_it_is_held(client, events):
    client.sandbox.faults([{"at": "startcall", "fault": "timeout_after", "seconds": 600}])
    client.raw(client.raw_call())
    event = events.until(lambda event: event["calls"])
    assert event["calls"][0]["answered"] is False


def test_faults_arrive(client, events):
    client.sandbox.faults([{"at": "token", "fault": "503"}])
    assert events.until(lambda event: event["faults"]["rules"])


def test_clearing_arrives_as_another_epoch(client, events):
    first = events.next()["epoch"]
    client.sandbox.clear()
    assert events.until(lambda event: event["epoch"] != first)["calls"] == []


def test_burst_comes_in_few_events_with_the_newest_calls(client, events):
    for number in range(120):
        client.call({**CALL, "originate": f"bot-{number}"})
    seen, count = {}, 0
    while "bot-119" not in seen:
        event = events.next()
        count += 1
        assert len(event["calls"]) <= 50
        seen.update({call["originate"]: call for call in event["calls"]})
    assert count < 60
