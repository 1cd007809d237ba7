"""What the processes log on the way through libraries is scrubbed like our own events."""

import io
import json
import logging
import logging.config

import pytest

from callback_site.logging import log_settings


@pytest.fixture
def logged(monkeypatch):
    """The lines that went to stderr, under the project's own logging settings."""
    stderr = io.StringIO()
    settings = log_settings(debug=False)
    settings["handlers"]["stderr"]["stream"] = stderr
    kept = {name: logging.getLogger(name) for name in settings["loggers"]} | {"": logging.root}
    before = {name: (log.handlers[:], log.level, log.propagate) for name, log in kept.items()}
    logging.config.dictConfig(settings)
    yield lambda: [json.loads(line) for line in stderr.getvalue().splitlines()]
    for name, log in kept.items():
        log.handlers[:], log.level, log.propagate = before[name]


def test_the_address_of_a_request_is_not_logged(logged):
    log = logging.getLogger("gunicorn.error")
    log.error("Error handling request %s %s", "GET", "/r/Zr4bC8dE9fG0hI1jK2lM3n/state/")
    (line,) = logged()
    assert line["event"] == "Error handling request GET /r/•••/state/"


def test_hueys_lines_are_logged_once_and_scrubbed(logged):
    logging.getLogger("huey.consumer").warning("failed for +33612345678")
    (line,) = logged()
    assert line["event"] == "failed for •••"


def test_huey_finds_a_handler_and_adds_none_of_its_own(logged):
    assert logging.getLogger("huey").handlers
