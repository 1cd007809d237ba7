"""Send traces to an OpenTelemetry collector, if `OTEL_EXPORTER_OTLP_ENDPOINT` is set."""

from contextvars import ContextVar
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context
from opentelemetry.util.re import parse_env_headers

from callback_site.version import VERSION
from callbacks.core import tracing

# The numbers of the first step that is being made.
_first_step: ContextVar[SpanContext | None] = ContextVar("_first_step", default=None)


class _Numbers(RandomIdGenerator):
    """Give the first step of a trace the numbers that follow from the request."""

    def generate_trace_id(self) -> int:
        """Return the number of the trace."""
        first = _first_step.get()
        return first.trace_id if first else super().generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the number of the step."""
        first = _first_step.get()
        return first.span_id if first else super().generate_span_id()


def begin(endpoint: str, headers: str) -> None:
    """Begin to send what `callbacks.core.tracing` is told, in the background."""
    exporter = OTLPSpanExporter(
        f"{endpoint}/v1/traces", headers=parse_env_headers(headers, liberal=True)
    )
    begin_with(BatchSpanProcessor(exporter))


def begin_with(processor: SpanProcessor) -> None:
    """Begin to hand each step to this processor."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": "callback", "service.version": VERSION}),
        id_generator=_Numbers(),
    )
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("callback")

    def export(
        name: str, trace: int, first: int, times: tuple[int, int], facts: dict[str, Any]
    ) -> None:
        parent = SpanContext(trace, first, is_remote=True, trace_flags=TraceFlags(1))
        is_first = name == tracing.FIRST
        token = _first_step.set(parent if is_first else None)
        context = Context() if is_first else set_span_in_context(NonRecordingSpan(parent))
        try:
            step = tracer.start_span(name, context, attributes=facts, start_time=times[0])
        finally:
            _first_step.reset(token)
        step.end(times[1])

    tracing.begin(export)
