"""When the sandbox starts, what it says, and when it refuses to."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.support.call_service.sandbox_client import CALL, Client
from tests.support.sandbox_process import ROOT, SandboxProcess

pytestmark = pytest.mark.slow


def start(*options, secret="made-up"):
    environment = {name: value for name, value in os.environ.items() if "SANDBOX" not in name}
    if secret is not None:
        environment["SANDBOX_CLIENT_SECRET"] = secret
    command = [sys.executable, "-m", "callbacks.sandbox", *options]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=20
    )


def assert_refused(ended, words):
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_real_looking_client_id_is_refused():
    assert_refused(start("--port", "0", "--client-id", "acme"), "must begin with 'sandbox-'")


@pytest.mark.parametrize("secret", [None, ""])
def test_missing_secret_is_refused(secret):
    ended = start("--port", "0", "--client-id", "sandbox-demo", secret=secret)
    assert_refused(ended, "SANDBOX_CLIENT_SECRET must be set")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])
def test_host_that_others_could_reach_is_refused(host):
    ended = start("--port", "0", "--client-id", "sandbox-demo", "--host", host)
    assert_refused(ended, "--host must be a loopback address")


def test_port_in_use_is_refused(sandbox):
    ended = start("--port", str(sandbox.port), "--client-id", "sandbox-demo")
    assert_refused(ended, f"port {sandbox.port} on 127.0.0.1 is in use")


@pytest.mark.parametrize("option", ["--log-calls", "--public-port-file"])
def test_file_that_cannot_be_written_is_refused(tmp_path, option):
    path = str(tmp_path / "missing" / "file")
    ended = start("--port", "0", "--client-id", "sandbox-demo", option, path)
    assert_refused(ended, f"{option} can't be written")


@pytest.mark.parametrize(
    "options", [("--port", "65536"), ("--port", "-1"), ("--port", "0", "--token-seconds", "0")]
)
def test_number_out_of_range_is_refused(options):
    ended = start(*options, "--client-id", "sandbox-demo")
    assert ended.returncode == 2
    assert "must be a whole number from" in ended.stderr


def test_port_is_written_to_a_file(tmp_path):
    path = tmp_path / "port"
    with SandboxProcess(options=["--public-port-file", str(path)]) as sandbox:
        assert int(path.read_text()) == sandbox.port
    assert [entry.name for entry in tmp_path.iterdir()] == ["port"]


def test_ipv6_loopback_is_served():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    command = [sys.executable, "-m", "callbacks.sandbox", "--port", "0", "--host", "::1"]
    with subprocess.Popen(
        [*command, "--client-id", "sandbox-demo"],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_CLIENT_SECRET": "made-up"},
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"sandbox listening on http://[::1]:")
        finally:
            process.terminate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_quietly_at_once_even_with_an_open_connection(number):
    with SandboxProcess() as sandbox, Client(sandbox) as client:
        sandbox.faults([{"at": "startcall", "fault": "timeout_after", "seconds": 600}])
        client.raw(client.raw_call())
        sandbox.wait_for_calls(1)
        os.kill(sandbox.pid, number)
        assert sandbox.wait(5) == 0
        assert sandbox.errors() == ""


def test_calls_are_logged_as_json_lines_for_the_owner_only(tmp_path):
    path = tmp_path / "calls.jsonl"
    path.write_text("")
    path.unlink()
    with SandboxProcess(options=["--log-calls", str(path)]) as sandbox, Client(sandbox) as client:
        client.call()
        client.call({**CALL, "destination": "+33812345678"})
        client.call({**CALL, "email": ""})
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    rings = [line for line in lines if line["what"] == "ring"]
    assert [line["email"] for line in rings] == [CALL["email"], ""]
    assert [line["index"] for line in rings] == [1, 2]
    sends = [line for line in lines if line["what"] == "send"]
    assert [line["destination"] for line in sends][1] == "+33812345678"
    assert [line["status"] for line in lines if line["what"] == "answer"] == [200, 400, 200]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_log_is_taken_up_by_the_next_start(tmp_path):
    options = ["--log-calls", str(tmp_path / "calls.jsonl")]
    with SandboxProcess(options=options) as sandbox, Client(sandbox) as client:
        sandbox.faults([{"at": "startcall", "fault": "429_after", "retry_after": 2, "times": 1}])
        assert [client.call().status, client.call(b"{").status] == [429, 400]
        sandbox.faults([{"at": "startcall", "fault": "timeout_after", "seconds": 600}])
        client.raw(client.raw_call())
        sandbox.wait_for_calls(2)
        before = sandbox.calls(), sandbox.sends(), sandbox.totals()
        os.kill(sandbox.pid, signal.SIGKILL)
        sandbox.wait(5)
    with (tmp_path / "calls.jsonl").open("a") as log:
        log.write('{"what": "se')  # what a full disk leaves
    with SandboxProcess(options=options) as sandbox, Client(sandbox) as client:
        assert (sandbox.calls(), sandbox.sends()) == before[:2]
        assert sandbox.totals() == before[2] | {"token_requests": 0}
        client.call()
        last, new = sandbox.sends()[-2:]
        for name in ("index", "connection", "token"):
            assert new[name] > last[name]
        assert sandbox.calls()[-1]["index"] == 3
        sandbox.clear()
    with SandboxProcess(options=options) as sandbox:
        assert (sandbox.calls(), sandbox.sends()) == ([], [])


@pytest.mark.parametrize("text", ["hello\n", "1\n", '{"what": "tea"}\n', '{"what": "ring"}\n'])
def test_a_log_of_something_else_is_refused(tmp_path, text):
    path = tmp_path / "calls.jsonl"
    path.write_text(text)
    ended = start("--port", "0", "--client-id", "sandbox-demo", "--log-calls", str(path))
    assert ended.returncode == 2
    assert "something else" in ended.stderr
    assert path.read_text() == text
