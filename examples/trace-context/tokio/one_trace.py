import asyncio
import logging

import orders
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

handler = logging.StreamHandler()
handler.setFormatter(logging.Formatter("%(threadName)s: order %(order)d %(message)s"))
logger = logging.getLogger("orders")
logger.addHandler(handler)
logger.setLevel(logging.INFO)

exporter = InMemorySpanExporter()
processor = SimpleSpanProcessor(exporter)
provider = TracerProvider()
provider.add_span_processor(processor)
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("shop")


async def charge(order):
    with tracer.start_as_current_span("charge"):
        await asyncio.sleep(0)


async def main():
    orders.install(provider, processor)
    with tracer.start_as_current_span("request"):
        await orders.ship(7, charge)


def show(spans, parent=None, indent=""):
    for span in spans:
        if (span.parent and span.parent.span_id) == parent:
            print(f"{indent}{span.name}, by {span.instrumentation_scope.name}")
            show(spans, span.context.span_id, indent + "  ")


asyncio.run(main())
show(exporter.get_finished_spans())
