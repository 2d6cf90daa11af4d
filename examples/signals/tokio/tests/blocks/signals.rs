//! Makes the module part of a program; Ctrl-C ends one query, an answer another, a cancellation a third.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(SIGNALS_DRIVER, None, None))
}

const SIGNALS_DRIVER: &std::ffi::CStr = c"
import asyncio, signal, threading
import _native

async def main():
    answering, closed = _native.query()
    await asyncio.sleep(0)
    answering.cancel()
    await asyncio.wait([answering])
    assert answering.cancelled()
    await asyncio.wait_for(closed.wait(), 60)

asyncio.run(main())
_native.answer()
assert _native.query_blocked() == 'the answer'
try:
    press = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    press.start()
    _native.query_ticking()
except KeyboardInterrupt:
    press.join()
else:
    raise AssertionError('Ctrl-C has ended nothing')
";
