"""Orders, shipped by Rust, whose logs and traces are Python's."""

from collections.abc import Awaitable
from typing import Callable

from opentelemetry import context, propagate
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, TraceFlags

from . import _native

__all__ = ["install", "ship"]


# ANCHOR: ship
async def ship(order: int, charge: Callable[[int], Awaitable[object]]) -> None:
    """Ship an order, once `charge` has charged it."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)

    async def charge_in_span(order: int, carrier: dict[str, str]) -> None:
        context.attach(propagate.extract(carrier))
        await charge(order)

    await _native.ship(order, charge_in_span, carrier)
# ANCHOR_END: ship


# ANCHOR: install
def install(provider: TracerProvider, processor: SpanProcessor) -> None:
    """Send what Rust logs to `logging`, and its spans to the processor."""

    def on_end(
        name: str, ids: tuple[int, int, int], times: tuple[int, int], attributes: dict[str, object]
    ) -> None:
        trace, span, parent = ids
        flags = TraceFlags(TraceFlags.SAMPLED)
        processor.on_end(
            ReadableSpan(
                name,
                SpanContext(trace, span, is_remote=False, trace_flags=flags),
                SpanContext(trace, parent, is_remote=True, trace_flags=flags) if parent else None,
                resource=provider.resource,
                attributes=attributes,
                instrumentation_scope=InstrumentationScope("orders"),
                start_time=times[0],
                end_time=times[1],
            )
        )

    _native.install(on_end)
# ANCHOR_END: install
