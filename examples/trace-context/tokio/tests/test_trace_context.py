"""Whose child each span is, and what a record has, a test for each sentence, each in a process of its own.

A span of `ship` ends before its result is delivered, because pyo3-async-runtimes drops the future first.
"""

import subprocess
import sys
from textwrap import dedent

COMMON = """
import asyncio, faulthandler, json, logging, sys, threading
import orders
from orders import _native
from opentelemetry import context, propagate, trace
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

faulthandler.dump_traceback_later(100, exit=True)
exporter = InMemorySpanExporter()
processor = SimpleSpanProcessor(exporter)
provider = TracerProvider({provider})
provider.add_span_processor(processor)
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("shop")
records = []

class Keep(logging.Handler):
    def emit(self, record):
        records.append(record)

logging.basicConfig(level=logging.DEBUG, handlers=[Keep()])
logging.getLogger("asyncio").disabled = True
{install}

async def charge(order, carrier=None):
    with tracer.start_as_current_span("charge"):
        await asyncio.sleep(0)

def parents():
    \"\"\"The name of each span, and that of its parent.\"\"\"
    spans = exporter.get_finished_spans()
    names = {{span.context.span_id: span.name for span in spans}}
    return {{span.name: span.parent and names.get(span.parent.span_id) for span in spans}}

"""

INSTALL = "orders.install(provider, processor)"


def printed(*parts, install=INSTALL, provider=""):
    program = COMMON.format(install=install, provider=provider) + "".join(map(dedent, parts))
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=150)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout.splitlines()


SHIP = """
async def main():
    with tracer.start_as_current_span("request"):
        await orders.ship(7, charge)

asyncio.run(main())
"""


def test_the_span_of_rust_is_between_the_two_of_python_in_one_trace():
    program = """
    print(json.dumps(parents(), sort_keys=True))
    spans = exporter.get_finished_spans()
    print(len({span.context.trace_id for span in spans}), len({span.context.span_id for span in spans}))
    """
    assert printed(SHIP, program) == ['{"charge": "ship", "pack": "ship", "request": null, "ship": "request"}', "1 4"]


def test_fifty_orders_at_once_have_fifty_traces_with_the_right_parents():
    program = """
    async def one(order):
        with tracer.start_as_current_span("request"):
            await orders.ship(order, charge)

    async def main():
        await asyncio.gather(*(one(order) for order in range(50)))

    asyncio.run(main())
    traces = {}
    for span in exporter.get_finished_spans():
        traces.setdefault(span.context.trace_id, {})[span.name] = span
    for spans in traces.values():
        assert spans["ship"].parent.span_id == spans["request"].context.span_id
        assert spans["pack"].parent.span_id == spans["ship"].context.span_id
        assert spans["charge"].parent.span_id == spans["ship"].context.span_id
    print(len(traces), sorted(spans["ship"].attributes["order"] for spans in traces.values()) == list(range(50)))
    """
    assert printed(program) == ["50 True"]


def test_without_a_carrier_the_span_of_rust_begins_a_trace_of_its_own():
    program = """
    async def main():
        with tracer.start_as_current_span("request"):
            await _native.ship(7, charge, {})

    asyncio.run(main())
    print(json.dumps(parents(), sort_keys=True), len({span.context.trace_id for span in exporter.get_finished_spans()}))
    """
    assert printed(program) == ['{"charge": "request", "pack": "ship", "request": null, "ship": null} 2']


def test_a_coroutine_that_leaves_rusts_carrier_alone_is_a_child_of_the_caller():
    program = """
    async def main():
        with tracer.start_as_current_span("request"):
            carrier = {}
            propagate.inject(carrier)
            await _native.ship(7, charge, carrier)

    asyncio.run(main())
    print(json.dumps(parents(), sort_keys=True))
    """
    assert printed(program) == ['{"charge": "request", "pack": "ship", "request": null, "ship": "request"}']


def test_what_python_does_not_sample_rust_does_not_export():
    program = """
    carriers = []

    async def charge(order, carrier):
        carriers.append(carrier)

    async def main():
        with tracer.start_as_current_span("request"):
            carrier = {}
            propagate.inject(carrier)
            await _native.ship(7, charge, carrier)

    asyncio.run(main())
    [carrier] = carriers
    print(carrier["traceparent"][-2:], len(exporter.get_finished_spans()))
    """
    assert printed(program, provider="sampling.ALWAYS_OFF") == ["00 0"]


def test_a_span_has_its_attributes_its_times_and_the_resource_of_python():
    program = """
    [span] = [span for span in exporter.get_finished_spans() if span.name == "ship"]
    print(span.attributes["order"], span.instrumentation_scope.name, span.resource == provider.resource)
    [request] = [span for span in exporter.get_finished_spans() if span.name == "request"]
    print(request.start_time <= span.start_time <= span.end_time)
    """
    assert printed(SHIP, program) == ["7 orders True", "True"]


def test_the_field_of_an_event_is_an_attribute_of_the_record():
    program = """
    record = records[-1]
    print(record.name, record.levelname, record.getMessage(), repr(record.order), record.filename)
    """
    assert printed(SHIP, program) == ["orders INFO shipped 7 lib.rs"]


def test_a_record_of_tokio_has_the_name_that_the_thread_has_in_rust():
    program = "print([(record.getMessage(), record.threadName) for record in records])"
    assert printed(SHIP, program) == ["[('accepted', 'MainThread'), ('shipped', 'tokio-rt-worker')]"]


def test_on_a_thread_that_python_started_it_has_its_name_in_python():
    program = """
    threading.Thread(target=asyncio.run, args=(orders.ship(7, charge),), name="packer").start()
    """
    then = """
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()
    print([record.threadName for record in records])
    """
    assert printed(program, then) == ["['packer', 'tokio-rt-worker']"]


def test_its_filters_see_the_context_variables_of_the_call():
    program = """
    import contextvars
    request = contextvars.ContextVar("request", default="none")
    seen = []
    logging.getLogger("orders").addFilter(lambda record: seen.append(request.get()) or True)

    async def one(name):
        request.set(name)
        await orders.ship(7, charge)

    async def main():
        await asyncio.gather(*(one(f"r-{number}") for number in range(50)))

    asyncio.run(main())
    print(sorted(seen) == sorted(f"r-{number}" for number in range(50) for _ in ["accepted", "shipped"]))
    """
    assert printed(program) == ["True"]


def test_so_a_filter_finds_the_trace_of_the_caller():
    program = """
    seen = []
    find = lambda record: seen.append(trace.get_current_span().get_span_context().trace_id) or True
    logging.getLogger("orders").addFilter(find)
    """
    assert printed(program, SHIP, "print(seen == [exporter.get_finished_spans()[0].context.trace_id] * 2)") == ["True"]


COUNTED = """
    class Counted(logging.Logger):
        asked = []

        def isEnabledFor(self, level):
            Counted.asked.append(level)
            return super().isEnabledFor(level)

    logger = logging.getLogger("orders")
    logger.__class__ = Counted
    """


def test_of_a_level_below_info_python_is_never_asked():
    assert printed(COUNTED, SHIP, "print(Counted.asked, len(records))") == ["[20, 20] 2"]


def test_of_a_level_that_only_python_disables_python_is_asked_each_time():
    program = """
    logger.setLevel(logging.WARNING)
    for _ in range(3):
        asyncio.run(orders.ship(7, charge))
    print(Counted.asked, len(records))
    """
    assert printed(COUNTED, program) == ["[20, 20, 20, 20, 20, 20] 0"]


def test_a_level_that_is_set_later_counts_at_once():
    program = """
    logger = logging.getLogger("orders")
    for level in [logging.WARNING, logging.INFO, logging.WARNING]:
        logger.setLevel(level)
        asyncio.run(orders.ship(7, charge))
        print(len(records))
    """
    assert printed(program) == ["0", "2", "2"]


def test_a_handler_that_raises_is_reported_and_the_order_is_shipped():
    program = """
    class Broken(logging.Handler):
        def emit(self, record):
            raise OSError("disk full")

    reported = []
    sys.unraisablehook = lambda it: reported.append(str(it.exc_value))
    logging.getLogger("orders").addHandler(Broken())
    """
    assert printed(program, SHIP, "print(reported, parents()['charge'])") == ["['disk full', 'disk full'] ship"]


def test_without_a_subscriber_orders_are_shipped_and_nothing_is_recorded():
    program = """
    asyncio.run(orders.ship(7, charge))
    print(len(records), list(parents()))
    """
    assert printed(program, install="") == ["0 ['charge']"]


def test_without_a_processor_orders_are_recorded_and_no_span_is_exported():
    program = """
    print(len(records), json.dumps(parents(), sort_keys=True))
    """
    assert printed(SHIP, program, install="_native.install()") == ['2 {"charge": "request", "request": null}']


def test_an_order_that_fails_has_a_span_with_its_error():
    program = """
    async def charge(order):
        raise ValueError("no money")

    try:
        asyncio.run(orders.ship(7, charge))
    except ValueError as error:
        print(error)
    spans = {span.name: span.status for span in exporter.get_finished_spans()}
    print(spans["ship"].status_code.name, spans["ship"].description, spans["pack"].status_code.name)
    """
    assert printed(program) == ["no money", "ERROR ValueError: no money UNSET"]


def test_only_a_parent_from_python_is_remote():
    program = """
    print(json.dumps({span.name: span.parent and span.parent.is_remote for span in exporter.get_finished_spans()}))
    """
    assert printed(SHIP, program) == ['{"pack": false, "charge": true, "ship": true, "request": null}']


def test_the_baggage_of_the_caller_is_there_when_rust_calls_python():
    program = """
    from opentelemetry import baggage

    async def charge(order):
        print(baggage.get_baggage("shop"), trace.get_current_span().get_span_context().is_remote)

    async def main():
        context.attach(baggage.set_baggage("shop", "corner"))
        await orders.ship(7, charge)

    asyncio.run(main())
    """
    assert printed(program) == ["corner True"]


def test_the_trace_does_not_depend_on_the_propagator_of_the_application():
    program = """
    from opentelemetry.propagators.composite import CompositePropagator
    propagate.set_global_textmap(CompositePropagator([]))
    """
    assert printed(program, SHIP, "print(parents()['charge'], parents()['ship'])") == ["ship request"]


def test_spans_end_on_two_threads_at_once_and_one_keeps_the_gil():
    program = """
    exporting, go_on = threading.Event(), threading.Event()

    def on_end(name, *span):
        if name == "ship" and not exporting.is_set():
            exporting.set()
            go_on.wait()

    _native.install(on_end)

    def without_a_loop():
        go_on.set()
        try:
            _native.ship(8, charge, {})  # Its span ends here, in a thread that keeps the GIL.
        except RuntimeError as error:
            print(error)

    async def main():
        shipping = _native.ship(7, charge, {})
        await asyncio.to_thread(exporting.wait)
        sys.setswitchinterval(100)  # Python does not release the GIL by itself.
        await asyncio.to_thread(without_a_loop)
        await shipping

    asyncio.run(main())
    """
    assert printed(program, install="") == ["no running event loop"]


def test_a_second_subscriber_is_refused():
    program = """
    try:
        orders.install(provider, processor)
    except RuntimeError as error:
        print(error)
    """
    assert printed(program) == ["a global default trace dispatcher has already been set"]
