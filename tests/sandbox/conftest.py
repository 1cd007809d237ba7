import pytest

from tests.support.call_service.sandbox_client import Client
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def _process():
    with SandboxProcess() as process:
        yield process


@pytest.fixture
def sandbox(_process):
    """A running sandbox with no calls and no faults; it must not complain while it is used."""
    _process.clear()
    yield _process
    assert _process.errors() == ""


@pytest.fixture
def client(sandbox):
    """Speaks to the sandbox as the product is expected to."""
    with Client(sandbox) as client:
        yield client
