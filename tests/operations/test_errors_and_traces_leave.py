"""Real processes report an error and one trace over HTTP, also after a fork."""

import gzip
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.call_service.stand_in import StandIn
from tests.support.samples.marks import EMAIL, NUMBER, marks_in
from tests.support.site_processes import Site
from tests.support.visitor import ask_for_a_call, fetch

pytestmark = pytest.mark.minutes


class Collector(ThreadingHTTPServer):
    """Stand in for Sentry and for a collector of traces: keep what arrives."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.arrived: list[tuple[str, str, bytes]] = []

    @property
    def traces(self) -> list[ExportTraceServiceRequest]:
        """Return what arrived as traces."""
        bodies = [body for path, _, body in self.arrived if path == "/v1/traces"]
        return [ExportTraceServiceRequest.FromString(body) for body in bodies]

    @property
    def errors(self) -> list[str]:
        """Return what arrived as errors."""
        return [body.decode() for path, _, body in self.arrived if path == "/api/1/envelope/"]

    @property
    def steps(self) -> dict[str, str]:
        """Return the number of the trace of each step that arrived, by name."""
        return {
            span.name: span.trace_id.hex()
            for request in self.traces
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }


class Handler(BaseHTTPRequestHandler):
    """Keep a body, unpacked."""

    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.arrived.append((self.path, self.headers.get("Authorization", ""), body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector runs."""
    with Collector() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_one_trace_and_no_personal_data_leave_the_processes(
    tmp_path: Path, collector: Collector
) -> None:
    here = f"127.0.0.1:{collector.server_port}"
    with (
        StandIn() as service,
        Site(
            tmp_path,
            uhlive_token_url=service.token_url,
            uhlive_call_url=service.call_url,
            sentry_dsn=f"http://key@{here}/1",
            otel_exporter_otlp_endpoint=f"http://{here}",
            otel_exporter_otlp_headers="authorization=sesame",
        ) as site,
    ):
        form, unread = (f"{site.url}/w/{site.create_widget()}/" for _ in range(2))
        site.start("web", "worker", "housekeeping")
        assert ask_for_a_call(form, NUMBER, EMAIL).status == 200
        site.wait_for(service.seen.calls.total, "the call")
        with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
            database.execute("DROP TABLE callbacks_widgettext")
        # The web process keeps what it has read of a widget for a while.
        assert fetch(unread).status in {500, 503}
        site.wait_for(lambda: len(collector.errors) > 0, "the error")
        site.wait_for(lambda: len(collector.steps) == 4, "the trace")
    assert set(collector.steps) == {"form", "claim", "call", "record"}
    assert len(set(collector.steps.values())) == 1
    assert {key for path, key, _ in collector.arrived if path == "/v1/traces"} == {"sesame"}
    assert "OperationalError" in collector.errors[0]
    everything = b"".join(body for _, _, body in collector.arrived).decode(errors="replace")
    assert marks_in(everything) == []
