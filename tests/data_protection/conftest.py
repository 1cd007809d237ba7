"""All that leaves the process beside its answers, for tests that search it."""

import logging
import logging.config
from collections.abc import Callable

import pytest
from huey.contrib.djhuey import HUEY

from callback_site.logging import log_settings


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """All that was logged: each record as our own formatter writes it, and as it came."""
    caplog.set_level(logging.DEBUG)
    formatter = logging.config.DictConfigurator(log_settings(debug=False)).configure_formatter(
        log_settings(debug=False)["formatters"]["events"]
    )

    def everything() -> str:
        raw = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
        return "\n".join([*raw, *(formatter.format(record) for record in caplog.records)])

    return everything


@pytest.fixture(autouse=True)
def _queue() -> None:
    HUEY.storage.initialize_schema()
    HUEY.storage.flush_queue()
