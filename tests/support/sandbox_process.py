"""The sandbox as tests use it: a process of its own, spoken to over real HTTP.

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
    """One sandbox, on a port that the system picks unless ``port`` says which.

    ``base`` is such as ``http://127.0.0.1:40123/``; ``token_url``, ``call_url``, ``client_id`` and
    ``client_secret`` are what the product is configured with. Starts at once; end it with
    ``stop()``, or use it in a ``with`` statement.
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
        """``options``: more of the command line. Raises RuntimeError when it does not start."""
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
        """Its process id."""
        return self._process.pid

    def calls(self) -> list[dict[str, Any]]:
        """The phones that rang since the last clearing, oldest first: index, time (Unix seconds),
        originate, destination, email, token (which one), send (which one), answered, status.
        """
        calls: list[dict[str, Any]] = self.request("GET", "/sandbox/calls")["calls"]
        return calls

    def sends(self) -> list[dict[str, Any]]:
        """The startcall requests since the last clearing, oldest first, whether a phone rang or
        not: index, time, connection, place (on the connection), token, originate, destination,
        email, faults (that struck it), call (which rang, or None), status, retry_after,
        answered_at.
        """
        sends: list[dict[str, Any]] = self.request("GET", "/sandbox/sends")["sends"]
        return sends

    def totals(self) -> dict[str, int]:
        """How many ``calls``, ``token_requests`` and ``startcall_requests``, refused included."""
        totals: dict[str, int] = self.request("GET", "/sandbox/calls?limit=0")["totals"]
        return totals

    def token_request_times(self) -> list[float]:
        """When the token endpoint was asked, in Unix seconds, oldest first."""
        content = self.request("GET", "/sandbox/calls?limit=0")
        times: list[float] = content["token_request_times"]
        return times

    def wait_for_calls(self, count: int, timeout: float = 10) -> list[dict[str, Any]]:
        """The calls, as soon as there are ``count``. Raises TimeoutError after ``timeout`` s."""
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
        """Put fault rules in force instead of those before; [] switches all off."""
        self.request("PUT", "/sandbox/faults", {"seed": seed, "rules": list(rules)})

    def clear(self) -> None:
        """Forget calls and counts, and switch all faults off."""
        self.request("DELETE", "/sandbox/calls")
        self.request("DELETE", "/sandbox/faults")

    def errors(self) -> str:
        """What the process wrote to stderr: nothing, unless the sandbox is broken."""
        return os.pread(self._stderr.fileno(), 1_000_000, 0).decode(errors="replace")

    def wait(self, timeout: float) -> int:
        """Its exit code once it has ended. Raises subprocess.TimeoutExpired after ``timeout`` s."""
        return self._process.wait(timeout)

    def stop(self) -> None:
        """End the process; does nothing when it has ended."""
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
        """One request to the process; its JSON (or text). Raises RuntimeError unless 200."""
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
        """The address in the line that the process prints once it listens."""
        stdout = self._process.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            line = stdout.readline().decode() if selector.select(seconds) else ""
        if not line.startswith("sandbox listening on "):
            raise RuntimeError(f"the sandbox did not start: {self.errors().strip() or 'no word'}")
        return line.split()[-1]
