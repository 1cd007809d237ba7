"""Measure what a webhook endpoint that does not answer costs the others.

Two sites run side by side: one has many messages that wait for such an endpoint, the other has
none. Both have a second endpoint, which answers. It is told within half a second, when housekeeping
looks for messages; so its figures have no target.
"""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from benchmarks.latency import quantile, single
from benchmarks.support.call_service import CallService
from benchmarks.support.figure import Figure
from benchmarks.support.place import POSTGRESQL, SQLITE, available, place
from tests.support.servers import free_port

WAITING, SINGLES = 10_000, 60
CALLS_TARGET = 1.1


def measure() -> Iterator[Figure]:
    for name in [name for name in (SQLITE, POSTGRESQL) if name in available()]:
        yield from _beside_a_dead_endpoint(name)


def _beside_a_dead_endpoint(name: str) -> Iterator[Figure]:
    calls: tuple[list[float], list[float]] = ([], [])
    webhooks: tuple[list[float], list[float]] = ([], [])
    with CallService() as service, receiver() as endpoint, ExitStack() as stack:
        sites = [
            stack.enter_context(
                place(
                    name,
                    uhlive_token_url=service.token_url,
                    uhlive_call_url=service.call_url,
                    pace_calls="1000",  # the pace is counted, but never reached
                    webhook_allow_private="true",
                )
            )
            for _ in range(2)
        ]
        dead = f"http://127.0.0.1:{free_port()}/"
        for site, waiting in zip(sites, (WAITING, 0), strict=True):
            site.run("benchmarks.inside.webhooks_waiting", dead, str(waiting), endpoint.url)
            site.start("worker", "housekeeping")
        askers = [
            stack.enter_context(site.program("benchmarks.inside.ask", "site", site.create_widget()))
            for site in sites
        ]
        for turn in range(SINGLES + 5):
            for number in random.sample(range(2), 2):
                endpoint.arrived.clear()
                begun = time.monotonic()
                seconds = single(askers[number], service)
                if not endpoint.arrived.wait(10):
                    raise TimeoutError("a webhook did not arrive")
                if turn >= 5:
                    calls[number].append(seconds)
                    webhooks[number].append(endpoint.at - begun)
        for asker in askers:
            asker.stdin.close()  # type: ignore[union-attr]
    note = f"{WAITING:,} messages for an endpoint that does not answer, against none"
    for what, (busy, free) in (("from a form to its call", calls), ("its webhook", webhooks)):
        for label, at in (("p50", 0.5), ("p95", 0.95)):
            yield Figure(
                f"{what}, beside a dead endpoint, {name}, {label}",
                quantile(busy, at) * 1000,
                quantile(free, at) * 1000,
                "ms",
                at_most=CALLS_TARGET if at == 0.5 and busy is calls[0] else None,
                note=note,
            )


class Receiver:
    """An endpoint that answers: `arrived` is set, and `at` is the time, when a request is told.

    `count`, `first` and `last` are of all messages that arrived.
    """

    def __init__(self) -> None:
        self.url = ""
        self.arrived = threading.Event()
        self.at = self.first = self.last = 0.0
        self.count = 0

    def got(self, body: dict[str, Any]) -> None:
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.count += 1
        if body["type"] == "callback.requested":
            self.at = self.last
            self.arrived.set()


@contextmanager
def receiver() -> Iterator[Receiver]:
    endpoint = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            endpoint.got(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
