"""How long a worker that is told to end is waited for, whatever the time-outs are."""

import pytest
from django.conf import settings
from huey.contrib.djhuey import HUEY

from callback_site import environment
from callbacks import call_api
from callbacks.operations import programs
from callbacks.worker.wakeup import huey_settings

# The least, the usual and the most that the settings allow.
TIMEOUTS = [(0.1, 0.1), (5, 20), (60, 120)]


@pytest.mark.parametrize(("connect", "read"), TIMEOUTS)
def test_the_longest_placing_is_a_token_an_attempt_and_a_minute_for_the_record(connect, read):
    config = call_api.Config("http://a/", "http://a/", "id", "secret", connect, read)
    longest = 2 * config.token_seconds + config.attempt_seconds + 60
    assert environment.longest_placing(connect, read) == pytest.approx(longest)


def test_the_consumer_waits_so_long():
    made = huey_settings("sqlite:///queue", secret_key="k" * 40, workers=1, ends_in=425.0)
    assert made["consumer"]["shutdown_timeout"] == 425.0
    assert settings.HUEY["consumer"]["shutdown_timeout"] == settings.LONGEST_PLACING_SECONDS
    options = settings.HUEY["consumer"] | {"workers": 1}
    consumer = HUEY.create_consumer(**options)
    assert consumer.shutdown_timeout == settings.LONGEST_PLACING_SECONDS


def test_the_supervisor_waits_longer(monkeypatch):
    monkeypatch.setattr(programs, "_lacks_taken_message", lambda: lambda _pid: "")
    for program in (programs.worker(), programs.housekeeping()):
        assert program.ends_in > settings.LONGEST_PLACING_SECONDS
