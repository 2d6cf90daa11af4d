"""Orders, shipped by Rust, whose logs and traces are Python's."""

from collections.abc import Awaitable
from typing import Callable, Optional

from opentelemetry import context
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from . import _native

__all__ = ["install", "ship"]


# ANCHOR: ship
_propagator = TraceContextTextMapPropagator()  # The format that Rust reads, whatever the application's is.


async def ship(order: int, charge: Callable[[int], Awaitable[object]]) -> None:
    """Ship an order, once `charge` has charged it."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)

    async def charge_in_span(order: int, carrier: dict[str, str]) -> None:
        context.attach(_propagator.extract(carrier, context.get_current()))
        await charge(order)

    await _native.ship(order, charge_in_span, carrier)
# ANCHOR_END: ship


# ANCHOR: install
def install(provider: TracerProvider, processor: SpanProcessor) -> None:
    """Send what Rust logs to `logging`, and each of its spans to `processor.on_end`; `on_start` is not called.

    To be called once; RuntimeError if Rust has a global subscriber already.
    """

    def on_end(
        name: str,
        ids: tuple[int, int],
        parent: Optional[tuple[int, bool]],
        times: tuple[int, int],
        attributes: dict[str, object],
        error: Optional[str],
    ) -> None:
        trace, span = ids
        flags = TraceFlags(TraceFlags.SAMPLED)
        processor.on_end(
            ReadableSpan(
                name,
                SpanContext(trace, span, is_remote=False, trace_flags=flags),
                SpanContext(trace, *parent, trace_flags=flags) if parent else None,
                resource=provider.resource,
                attributes=attributes,
                status=Status(StatusCode.UNSET) if error is None else Status(StatusCode.ERROR, error),
                instrumentation_scope=InstrumentationScope("orders"),
                start_time=times[0],
                end_time=times[1],
            )
        )

    _native.install(on_end)
# ANCHOR_END: install
