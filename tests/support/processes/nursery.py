"""Provide a sandbox, processes that die, and a worker that comes after them: fixtures."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest

from callbacks import call_api
from callbacks.core import clock
from callbacks.dispatch import PlaceResult, place_next
from callbacks.models import Attempt
from callbacks.models.attempt import GRACE
from callbacks.worker import housekeeping
from tests.support import database_server
from tests.support.processes.steps import Step
from tests.support.sandbox_process import ROOT, SandboxProcess

CONNECT_TIMEOUT, READ_TIMEOUT = 2.0, 3.0


KILLED = -9


NAME = "dying"


@pytest.fixture(scope="session")
def one_sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(one_sandbox: SandboxProcess) -> SandboxProcess:
    one_sandbox.clear()
    return one_sandbox


class Nursery:
    """Runs children that die at a step, on the database of the tests."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        variables = {
            "DATABASE_URL": database_server.url(NAME),
            "UHLIVE_TOKEN_URL": sandbox.token_url,
            "UHLIVE_CALL_URL": sandbox.call_url,
            "UHLIVE_CLIENT_ID": sandbox.client_id,
            "UHLIVE_CLIENT_SECRET": sandbox.client_secret,
            "UHLIVE_CONNECT_TIMEOUT": str(CONNECT_TIMEOUT),
            "UHLIVE_READ_TIMEOUT": str(READ_TIMEOUT),
            "DJANGO_SETTINGS_MODULE": "callback_site.settings",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.processes.dying"],
            cwd=ROOT,
            env=os.environ | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "ready"

    def die(self, step: Step, do: str, *, at: datetime | None = None, **arguments: Any) -> None:
        """Let a child do it and die at `step`; return once its database connection is gone.

        `at` is what its clock shows, without moving on; by default, it shows the real time.
        """
        assert self.run(do, step=step, at=at, **arguments) == KILLED, f"never came to {step}"
        end = time.monotonic() + 10
        while database_server.connections_named(NAME):
            assert time.monotonic() < end, "PostgreSQL did not notice the death"
            time.sleep(0.005)

    def run(
        self, do: str, *, step: Step | None = None, at: datetime | None = None, **arguments: Any
    ) -> int:
        """Let a child do it, and return its exit status."""
        order = {
            "do": do,
            "step": step and asdict(step),
            "at": at and at.isoformat(),
            "arguments": arguments,
        }
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._read())

    def end(self) -> None:
        self._process.communicate()

    def _read(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="session")
def one_nursery(django_db_setup: None, one_sandbox: SandboxProcess) -> Iterator[Nursery]:
    nursery = Nursery(one_sandbox)
    yield nursery
    nursery.end()


@pytest.fixture
def nursery(one_nursery: Nursery, transactional_db: None) -> Nursery:
    """Return the nursery; `transactional_db` lets other processes see what a test writes."""
    return one_nursery


class Later:
    """The time when all attempts of dead processes have expired."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self._api = call_api.CallApi(
            call_api.Config(
                token_url=sandbox.token_url,
                call_url=sandbox.call_url,
                client_id=sandbox.client_id,
                client_secret=sandbox.client_secret,
                connect_timeout=CONNECT_TIMEOUT,
                read_timeout=READ_TIMEOUT,
            )
        )

    def comes(self, at: datetime | None = None) -> housekeeping.HousekeepingReport:
        """Run a round of housekeeping, then let a new worker do all that is left.

        It is a little later than `at` (by default, than now), once no attempt has time left.
        """
        deadlines = Attempt.objects.order_by("-deadline_at").values_list("deadline_at", flat=True)
        past = max([at or clock.now(), *deadlines[:1]]) + GRACE + timedelta(seconds=1)
        with clock.set_to(past):
            report = housekeeping.run_round()
            while place_next(self._api) is PlaceResult.WORKED:
                pass
        return report


@pytest.fixture
def later(sandbox: SandboxProcess) -> Later:
    return Later(sandbox)
