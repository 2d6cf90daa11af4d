"""Python exits cleanly after an order, or with one pending, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

COMMON = """
import asyncio, logging, os, sys, warnings
import orders
from orders import _native
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

logging.basicConfig(level=logging.INFO, stream=open(os.devnull, "w"))
orders.install(TracerProvider(), SimpleSpanProcessor(InMemorySpanExporter()))

async def charge(order, carrier=None):
    await asyncio.sleep(0)

"""

AWAITED = """
asyncio.run(orders.ship(7, charge))
"""

# Not awaited: their spans and results come while the loop closes, or Python ends.
PENDING = """
async def main():
    for order in range(50):
        _native.ship(order, charge, {})
    await asyncio.sleep(0)

sys.excepthook = sys.unraisablehook = lambda *error: None
warnings.simplefilter("ignore")  # Of coroutines that are never awaited.
logging.getLogger("asyncio").disabled = True
asyncio.run(main())
"""

PROGRAMS = {"awaited": AWAITED, "pending": PENDING}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    assert_clean_exits(COMMON + program)
