"""Marked data goes through every path, and none of it reaches Sentry or a collector of traces."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from django.db import OperationalError
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from callback_site import error_reports, traces
from callback_site.logging import log_settings
from callbacks import call_api
from callbacks.core import tracing
from callbacks.dispatch import place_next
from callbacks.intake import accept
from callbacks.models import CallRequest
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_submission, make_widget, post_form
from tests.support.samples.marks import ADDRESS, EMAIL, MARKS, NUMBER, marks_in

TEXT = f"duplicate key: {NUMBER} +33612345678 {EMAIL} {ADDRESS} cbk_secret /r/sesame"


class Kept(Transport):
    """A transport that sends nothing and keeps everything."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.envelopes.append(envelope)

    def events(self) -> list[dict[str, Any]]:
        """Return what would have been sent."""
        return [json.loads(item.get_bytes()) for one in self.envelopes for item in one.items]


@pytest.fixture
def sentry() -> Iterator[Kept]:
    """Errors are reported, and kept here."""
    transport = Kept()
    error_reports.begin("https://key@sentry.example/1", transport=transport)
    handler = error_reports.Handler()
    loggers = [logging.getLogger(), logging.getLogger("huey")]
    for logger in loggers:
        logger.addHandler(handler)
    yield transport
    for logger in loggers:
        logger.removeHandler(handler)
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Traces are kept here."""
    exporter = InMemorySpanExporter()
    traces.begin_with(SimpleSpanProcessor(exporter))
    yield exporter
    tracing.begin(None)


def broken(*args: object, **kwargs: object) -> None:
    secret_local = TEXT
    raise ZeroDivisionError(secret_local)


def away(*args: object, **kwargs: object) -> None:
    raise OperationalError(TEXT)


def post(client, widget):
    client.defaults["REMOTE_ADDR"] = ADDRESS
    return post_form(client, widget, number=NUMBER, email=EMAIL, consent="on")


def all_of(sentry: Kept, spans: InMemorySpanExporter) -> str:
    """Return everything that would have left the machine."""
    return json.dumps(sentry.events()) + "".join(
        span.to_json() for span in spans.get_finished_spans()
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("mistake", "kind"), [(broken, "ZeroDivisionError"), (away, "OperationalError")]
)
def test_an_error_of_the_form_is_reported_without_anything_personal(
    mistake, kind, client, sentry, spans, monkeypatch
):
    client.raise_request_exception = False
    monkeypatch.setattr(accept, "_accept", mistake)
    post(client, make_widget())
    logging.getLogger("huey").error("Task failed: %s", TEXT)
    try:
        mistake()
    except Exception:
        logging.getLogger("callbacks.test").exception("Unhandled %s", TEXT)
    events = sentry.events()
    assert len(events) >= 2
    kinds = {error["type"] for event in events for error in event["exception"]["values"]}
    assert kind in kinds
    said = all_of(sentry, spans)
    assert "test_nothing_leaks_to_monitoring" in said  # where it came up is told
    assert [*marks_in(said), *(word for word in ("cbk_secret", "sesame") if word in said)] == []
    for event in events:
        assert set(event) <= {
            *("event_id", "timestamp", "platform", "level", "logger", "release", "logentry"),
            *("exception", "sdk", "environment", "server_name"),
        }
        assert not event.get("server_name")


def test_each_logger_that_writes_reports_errors():
    for report_errors in (True, False):
        wanted = log_settings(debug=False, report_errors=report_errors)
        handlers = {name: one["handlers"] for name, one in wanted["loggers"].items()}
        writing = [wanted["root"]["handlers"], *filter(None, handlers.values())]
        assert len(writing) == 2
        assert all(("sentry" in one) is report_errors for one in writing)


ANSWERS = [
    call_api.Accepted(200, ""),
    call_api.NotSent(code="connect_failed"),
    call_api.Refused(http_status=422),
    call_api.OutcomeUnknown(code="timeout"),
    ZeroDivisionError(TEXT),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_a_call_is_traced_without_anything_personal(answer, client, sentry, spans):
    post(client, make_widget())
    try:
        place_next(FakeApi(answer))
    except ZeroDivisionError:
        logging.getLogger("huey").exception("Unhandled exception in task")
        assert len(sentry.events()) == 1
    said = all_of(sentry, spans)
    assert marks_in(said) == []
    assert not any(mark in said for mark in MARKS)
    assert CallRequest.objects.get().token not in said


def numbers(span: ReadableSpan) -> tuple[int, int | None]:
    """Return the numbers of a span's trace and of its parent."""
    assert span.context
    return span.context.trace_id, span.parent.span_id if span.parent else None


@pytest.mark.django_db(transaction=True)
def test_the_steps_from_form_to_call_are_one_trace(client, spans):
    widget = make_widget()
    post(client, widget)
    place_next(FakeApi(call_api.Accepted(200, "")))
    found = {span.name: span for span in spans.get_finished_spans()}
    assert list(found) == ["form", "claim", "call", "record"]
    first = found["form"].context
    assert numbers(found["form"]) == (first.trace_id, None)
    for name in ("claim", "call", "record"):
        assert numbers(found[name]) == (first.trace_id, first.span_id)
    public_id = CallRequest.objects.get().public_id
    assert {span.attributes["request"] for span in found.values()} == {public_id}
    assert dict(found["call"].attributes) == {"attempt": 1, "request": public_id}
    times = [(span.start_time, span.end_time) for span in found.values()]
    assert all(began <= ended for began, ended in times)


@pytest.mark.django_db
def test_a_form_that_comes_again_adds_no_step(spans):
    sent = make_submission(make_widget())
    for _ in range(2):
        accept.accept(sent)
        assert [span.name for span in spans.get_finished_spans()] == ["form"]


@pytest.mark.django_db(transaction=True)
def test_a_mistake_in_tracing_changes_nothing_else(client):
    tracing.begin(broken)
    try:
        assert post(client, make_widget()).status_code == 303
        place_next(FakeApi(call_api.Accepted(200, "")))
    finally:
        tracing.begin(None)
    assert CallRequest.objects.get().status == "called"
