"""The site as processes, on the database of the tests, with a sandbox to call."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from tests.support import database_server
from tests.support.processes.queues import queue_at
from tests.support.sandbox_process import ROOT, SandboxProcess
from tests.support.site_processes import Site


class SiteHere(Site):
    """On the database that the tests run on: what a test writes is what the processes find."""

    def __enter__(self) -> Self:
        queue = queue_at(self.env["QUEUE_URL"])
        if hasattr(queue.storage, "initialize_schema"):
            queue.storage.initialize_schema()
        queue.storage.close()
        return self

    def log_of(self, name: str) -> str:
        """All that a process has said."""
        return (self.folder / f"{name}.log").read_text()


@pytest.fixture(scope="session")
def _static_files() -> None:
    """What the web process serves."""
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, check=True)


type MakeSite = Callable[..., SiteHere]


@pytest.fixture
def make_site(
    tmp_path: Path,
    transactional_db: None,
    _static_files: None,
    sandbox: SandboxProcess,
) -> Iterator[MakeSite]:
    """`make_site(**settings)`: ready to be started; ended with the test. Calls go to `sandbox`."""
    made = []  # type: ignore[var-annotated]

    def make(**more: str) -> SiteHere:
        ours = {
            "database_url": database_server.url("site"),
            "uhlive_token_url": sandbox.token_url,
            "uhlive_call_url": sandbox.call_url,
            "uhlive_client_id": sandbox.client_id,
            "uhlive_client_secret": sandbox.client_secret,
            "demo": "true",  # or it would refuse to speak to a sandbox
            "pace_calls": "0",
        }
        site = SiteHere(tmp_path / f"site{len(made)}", **ours | more)
        made.append(site)
        return site.__enter__()

    yield make
    for site in made:
        site.__exit__(None, None, None)


@pytest.fixture
def site(make_site: MakeSite) -> SiteHere:
    return make_site()
