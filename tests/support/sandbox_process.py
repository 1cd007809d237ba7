"""Run the sandbox for tests, in a separate process, over real HTTP.

with SandboxProcess() as sandbox:
    sandbox.faults([{"at": "startcall", "fault": "timeout_after", "times": 1}])
    ...
    sandbox.wait_for_calls(1)
"""

import json
import os
import secrets
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]


class SandboxProcess:
    """One sandbox, on `port` or on a free port that the system chooses.

    `base` is its address, such as `http://127.0.0.1:40123/`. Configure the product with
    `token_url`, `call_url`, `client_id` and `client_secret`. It starts at once. End it with
    `stop()`, or use it in a `with` statement.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token_seconds: int = 300,
        answer_ms: int = 0,
        client_id: str = "sandbox-tests",
        client_secret: str | None = None,
        options: Sequence[str] = (),
    ) -> None:
        """Start the process; `options` are further arguments of its command line.

        Raises:
            RuntimeError: it does not start.
        """
        self.client_id = client_id
        self.client_secret = client_secret or secrets.token_urlsafe(24)
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "callbacks.sandbox"),
                *("--port", str(port), "--client-id", client_id),
                *("--token-seconds", str(token_seconds), "--answer-ms", str(answer_ms)),
                *options,
            ],
            cwd=ROOT,
            env={**os.environ, "SANDBOX_CLIENT_SECRET": self.client_secret},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
        )
        try:
            self.base = self._read_address(seconds=20)
            self.host, self.port = "127.0.0.1", int(self.base.rstrip("/").rpartition(":")[2])
            self.request("GET", "/sandbox/healthz")
        except BaseException:
            self.stop()
            raise
        self.token_url = f"{self.base}sandbox/token"
        self.call_url = f"{self.base}sandbox/api/startcall"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def calls(self) -> list[dict[str, Any]]:
        """Return the phones that rang since the last clearing, oldest first.

        Keys: index, time (Unix seconds), originate, destination, email, token (its number), send
        (its index), answered, status.
        """
        calls: list[dict[str, Any]] = self.request("GET", "/sandbox/calls")["calls"]
        return calls

    def sends(self) -> list[dict[str, Any]]:
        """Return the startcall requests since the last clearing, oldest first.

        They count whether a phone rang or not. Keys: index, time (Unix seconds), connection, place
        (on the connection), token, originate, destination, email, faults (that hit it), call (the
        call that rang, or None), status, retry_after, answered_at.
        """
        sends: list[dict[str, Any]] = self.request("GET", "/sandbox/sends")["sends"]
        return sends

    def totals(self) -> dict[str, int]:
        """Return the number of `calls`, `token_requests` and `startcall_requests`, refused too."""
        totals: dict[str, int] = self.request("GET", "/sandbox/calls?limit=0")["totals"]
        return totals

    def token_request_times(self) -> list[float]:
        """Return the times of the token requests, in Unix seconds, oldest first."""
        content = self.request("GET", "/sandbox/calls?limit=0")
        times: list[float] = content["token_request_times"]
        return times

    def wait_for_calls(self, count: int, timeout: float = 10) -> list[dict[str, Any]]:
        """Return the calls as soon as there are `count`.

        Raises:
            TimeoutError: there were fewer after `timeout` seconds.
        """
        until = time.monotonic() + timeout
        while True:
            left = min(max(until - time.monotonic(), 0), 20)
            path = f"/sandbox/calls?at_least={count}&wait={left:.3f}"
            calls: list[dict[str, Any]] = self.request("GET", path)["calls"]
            if len(calls) >= count:
                return calls
            if time.monotonic() >= until:
                raise TimeoutError(f"{len(calls)} calls in {timeout} s instead of {count}")

    def faults(self, rules: Sequence[dict[str, Any]], seed: int | None = None) -> None:
        """Replace the fault rules; [] switches all faults off."""
        self.request("PUT", "/sandbox/faults", {"seed": seed, "rules": list(rules)})

    def clear(self) -> None:
        """Forget calls and counts, and switch all faults off."""
        self.request("DELETE", "/sandbox/calls")
        self.request("DELETE", "/sandbox/faults")

    def errors(self) -> str:
        """Return what the process wrote to stderr: nothing, unless the sandbox is broken."""
        return os.pread(self._stderr.fileno(), 1_000_000, 0).decode(errors="replace")

    def wait(self, timeout: float) -> int:
        """Return the exit code once the process has ended.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` seconds.
        """
        return self._process.wait(timeout)

    def stop(self) -> None:
        """End the process, if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._stderr.close()

    def request(self, method: str, path: str, content: Any = None) -> Any:
        """Send one request to the process, and return its JSON, or its text.

        Raises:
            RuntimeError: the status is not 200.
        """
        connection = HTTPConnection(self.host, self.port, timeout=30)
        try:
            body = None if content is None else json.dumps(content)
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"the sandbox answered {answer.status}: {text}")
        return json.loads(text) if answer.getheader("Content-Type") == "application/json" else text

    def _read_address(self, seconds: float) -> str:
        """Return the address from the line that the process prints once it listens."""
        stdout = self._process.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            line = stdout.readline().decode() if selector.select(seconds) else ""
        if not line.startswith("sandbox listening on "):
            raise RuntimeError(f"the sandbox did not start: {self.errors().strip() or 'no word'}")
        return line.split()[-1]
