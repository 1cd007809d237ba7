"""Stand in for the call service a second time, written only from the service's description.

It knows nothing of the product and shares no code with the sandbox. It counts what arrives, and
says what is wrong with each request.
"""

import json
import re
import secrets
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl


@dataclass
class Seen:
    """What arrived; `wrong` has a sentence for each request that differs from the description."""

    tokens: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)


class StandIn:
    """A service for a `with` statement, on a free port: `token_url`, `call_url` and `seen`."""

    def __init__(
        self,
        client_id: str = "test-client",
        client_secret: str = "test-secret",
        host: str = "127.0.0.1",
    ) -> None:
        self.seen = Seen()
        self.credentials = {"client_id": client_id, "client_secret": client_secret}
        self.valid: set[str] = set()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with stand_in.seen.arrived:
                    status, answer = stand_in.answer(self.path, dict(self.headers), body)
                    stand_in.seen.arrived.notify_all()
                stand_in.before_answering(self.client_address[0], self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None: ...

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

        self.server = Server((host, 0), Handler)
        base = f"http://127.0.0.1:{self.server.server_port}"
        self.token_url, self.call_url = f"{base}/realms/x/token", f"{base}/api/startcall"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def before_answering(self, caller: str, path: str, body: bytes) -> None:
        """Do what a test adds, once a request has arrived from this address."""

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        headers = {name.lower(): value for name, value in headers.items()}
        if path.endswith("/token"):
            return self._token(headers, body)
        return self._startcall(headers, body)

    def _token(self, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        self.seen.tokens += 1
        wanted = self.credentials | {"grant_type": "client_credentials", "scope": "openid"}
        if headers.get("content-type") != "application/x-www-form-urlencoded":
            self.seen.wrong.append("token: not form-encoded")
        if sorted(parse_qsl(body.decode())) != sorted(wanted.items()):
            self.seen.wrong.append("token: other fields than documented")
            return 400, {"error": "invalid_request"}
        token = secrets.token_urlsafe(300)
        self.valid.add(token)
        return 200, {"access_token": token, "expires_in": 300, "token_type": "Bearer"}

    def _startcall(self, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or token not in self.valid:
            self.seen.wrong.append("startcall: no valid bearer token")
            return 401, {}
        for name in ("accept", "content-type"):
            if headers.get(name) != "application/json":
                self.seen.wrong.append(f"startcall: {name} is {headers.get(name)}")
        fields = json.loads(body)
        if set(fields) != {"originate", "destination", "email"}:
            self.seen.wrong.append(f"startcall: fields {sorted(fields)}")
        if not re.fullmatch(r"\+33[1-79]\d{8}", fields["destination"]):
            self.seen.wrong.append("startcall: destination")
        self.seen.calls[fields["destination"]] += 1
        return 202, {}

    def wait_for_calls(self, count: int, patience: float) -> None:
        """Return once `count` startcalls have arrived.

        Raises:
            AssertionError: they did not arrive within `patience` seconds.
        """
        with self.seen.arrived:
            done = self.seen.arrived.wait_for(
                lambda: self.seen.calls.total() >= count, timeout=patience
            )
        assert done, f"{self.seen.calls.total()} of {count} calls arrived"
