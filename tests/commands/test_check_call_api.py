"""check_call_api: which service, a sentence for each thing looked at, and never a call."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.support.sandbox_process import SandboxProcess


@pytest.fixture
def sandbox(settings):
    with SandboxProcess() as sandbox:
        settings.DEMO = True
        settings.UHLIVE_TOKEN_URL = sandbox.token_url
        settings.UHLIVE_CALL_URL = sandbox.call_url
        settings.UHLIVE_CLIENT_ID = sandbox.client_id
        settings.UHLIVE_CLIENT_SECRET = sandbox.client_secret
        yield sandbox


def check() -> tuple[str, str]:
    """What it printed, and the sentence it failed with."""
    output = StringIO()
    try:
        call_command("check_call_api", stdout=output)
    except CommandError as error:
        return output.getvalue(), str(error)
    return output.getvalue(), ""


def test_all_is_well_and_no_call_is_placed(sandbox):
    printed, failure = check()
    assert failure == ""
    assert printed.startswith("Connected to the sandbox: no real phone rings.\n")
    looked_at = [line.split()[1] for line in printed.splitlines() if line.startswith("ok")]
    assert looked_at == ["name", "tls", "credentials", "clock", "answer"]
    assert printed.endswith("Calls can be placed. None was placed now.\n")
    assert sandbox.totals() == {"calls": 0, "token_requests": 1, "startcall_requests": 0}


def test_refused_credentials_fail_and_are_not_printed(sandbox, settings):
    settings.UHLIVE_CLIENT_SECRET = "not-the-secret"
    printed, failure = check()
    assert "WRONG credentials" in printed
    assert "UHLIVE_CLIENT_ID and UHLIVE_CLIENT_SECRET" in printed
    assert failure
    assert "not-the-secret" not in printed + failure


def test_a_service_that_is_away_fails(settings):
    printed, failure = check()
    assert "WRONG tls" in printed
    assert "port 9" in printed
    assert failure


def test_missing_credentials_are_named_and_nothing_is_sent(sandbox, settings):
    settings.UHLIVE_CLIENT_SECRET = ""
    _, failure = check()
    assert "UHLIVE_CLIENT_SECRET not set" in failure
    assert sandbox.totals()["token_requests"] == 0


def test_real_credentials_never_reach_the_sandbox(sandbox, settings):
    settings.UHLIVE_CLIENT_ID = "a-real-client"
    _, failure = check()
    assert "it is never sent to the sandbox" in failure
    assert sandbox.totals()["token_requests"] == 0
