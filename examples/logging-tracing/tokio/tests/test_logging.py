"""What Python's `logging` gets from Rust, a test for each sentence, each in a process of its own."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

COMMON = """
import asyncio, faulthandler, logging, sys, threading
from stock import Stock, reset_logging
faulthandler.dump_traceback_later(100, exit=True)

records = []

class Keep(logging.Handler):
    def emit(self, record):
        records.append(record)

logger = logging.getLogger("stock")
logger.addHandler(Keep())

def take(*counts):
    async def main():
        stock = Stock(100)
        for count in counts:
            await stock.take(count)

    asyncio.run(main())
    texts = [record.getMessage() for record in records]
    records.clear()
    return texts

"""


def printed(program):
    program = COMMON + dedent(program)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=150)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout.splitlines()


RUST = (Path(__file__).parent.parent / "src" / "lib.rs").read_text().splitlines()


def test_a_record_has_the_level_the_place_in_rust_and_the_name_of_the_crate():
    program = """
    logger.setLevel(logging.INFO)
    asyncio.run(Stock(10).take(3))
    [record] = records
    print(record.levelname, record.name, record.filename, record.lineno, record.funcName)
    """
    line = next(number for number, text in enumerate(RUST, 1) if '"taken"' in text)
    assert printed(program) == [f"INFO stock lib.rs {line} None"]


def test_fields_are_text_at_the_end_of_the_message_and_no_attributes():
    program = """
    logger.setLevel(logging.INFO)
    asyncio.run(Stock(10).take(3))
    [record] = records
    print(record.getMessage(), hasattr(record, "count"), hasattr(record, "left"))
    """
    assert printed(program) == ["taken count=3 left=7 False False"]


def test_a_record_of_tokio_is_of_a_dummy_thread():
    program = """
    logger.setLevel(logging.INFO)
    asyncio.run(Stock(10).take(3))
    [record] = records
    name, _, number = record.threadName.partition("-")
    print(name, number.isdigit(), record.thread != threading.get_ident())
    """
    assert printed(program) == ["Dummy True True"]


NUMBERED = """
import os
os.environ["TOKIO_WORKER_THREADS"] = "2"
logger.setLevel(logging.INFO)
for _ in range(9):
    asyncio.run(Stock(10).take(1))
print(len({record.threadName for record in records}), len({record.thread for record in records}))
"""


def test_since_python_3_13_each_log_call_has_a_new_number_and_up_to_3_11_a_thread_keeps_its_number():
    [numbers] = printed(NUMBERED)
    names, threads = map(int, numbers.split())
    assert threads <= 2
    # On 3.12, either is right.
    assert names == 9 or sys.version_info < (3, 13)
    assert names == threads or sys.version_info >= (3, 12)


def test_a_level_that_is_lowered_later_counts_only_after_a_reset():
    program = """
    logger.setLevel(logging.INFO)
    print(take(1))
    logger.setLevel(logging.DEBUG)
    print(take(2))
    reset_logging()
    print(take(3))
    """
    assert printed(program) == [
        "['taken count=1 left=99']",
        "['taken count=2 left=98']",
        "['asked count=3', 'taken count=3 left=97']",
    ]


def test_a_level_that_is_raised_later_counts_at_once():
    program = """
    logger.setLevel(logging.DEBUG)
    print(take(1))
    logger.setLevel(logging.INFO)
    print(take(2))
    """
    assert printed(program) == ["['asked count=1', 'taken count=1 left=99']", "['taken count=2 left=98']"]


def test_what_rust_logs_before_basic_config_keeps_its_records_off_afterwards():
    program = """
    print(take(1))
    logging.basicConfig(level=logging.INFO)
    print(take(2))
    reset_logging()
    logging.getLogger().handlers.clear()
    print(take(3))
    """
    assert printed(program) == ["[]", "[]", "['taken count=3 left=97']"]


ASKED = """
class Counted(logging.Logger):
    asked = 0

    def isEnabledFor(self, level):
        Counted.asked += 1
        return super().isEnabledFor(level)

logger.__class__ = Counted
logger.setLevel({level})
take(1)
print(Counted.asked > 0)
Counted.asked = 0
take(*[0] * 1000)
print(Counted.asked)
"""


def test_a_disabled_level_asks_python_only_at_the_first_record_of_a_logger():
    assert printed(ASKED.format(level="logging.WARNING")) == ["True", "0"]


def test_an_enabled_level_asks_python_for_each_record():
    assert printed(ASKED.format(level="logging.INFO")) == ["True", "1000"]


def test_a_filter_on_a_tokio_thread_sees_no_context_variable_of_the_caller():
    program = """
    import contextvars
    request = contextvars.ContextVar("request", default="none")
    seen = []
    logger.addFilter(lambda record: seen.append(request.get()) or True)
    logger.setLevel(logging.INFO)
    request.set("r-7")
    take(1)
    print(seen)
    """
    assert printed(program) == ["['none']"]


def test_no_lock_is_held_while_a_log_call_waits():
    program = """
    logging_now, go_on = threading.Event(), threading.Event()

    class Slow(logging.Handler):
        def emit(self, record):
            logging_now.set()
            go_on.wait()

    logger.addHandler(Slow())
    logger.setLevel(logging.INFO)
    sys.setswitchinterval(100)

    async def main():
        stock = Stock(10)
        taking = stock._native.take(3)
        logging_now.wait()
        go_on.set()
        print(stock.left)
        print(await taking)

    asyncio.run(main())
    """
    assert printed(program) == ["7", "7"]


def test_what_rust_logs_with_the_log_crate_is_a_record_too():
    program = """
    try:
        take(101)
    except ValueError as error:
        print(error)
    [record] = records
    print(record.levelname, record.name, record.filename, record.getMessage())
    """
    assert printed(program) == ["101 wanted, 100 left", "WARNING stock lib.rs 101 wanted, 100 left"]


def test_an_error_in_a_filter_is_lost_and_the_call_returns():
    program = """
    def broken(record):
        raise OSError("disk full")

    sys.unraisablehook = print
    logger.addFilter(broken)
    logger.setLevel(logging.INFO)
    print(asyncio.run(Stock(10).take(3)), len(records))
    """
    assert printed(program) == ["7 0"]
