//! Makes the module part of a program; a feed calls functions and a coroutine back, on its loop.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(CALLBACKS_DRIVER, None, None))
}

const CALLBACKS_DRIVER: &std::ffi::CStr = c"
import asyncio, contextvars, sys, threading, types
import _native

async def call(callback, price):
    result = callback(price)
    return await result if asyncio.iscoroutine(result) else result

sys.modules['feed'] = types.SimpleNamespace(call=call)
request = contextvars.ContextVar('request', default='nobody')
came = []

def note(price):
    came.append((price, request.get(), threading.current_thread() is threading.main_thread()))

async def anote(price):
    note(price)

def fails(price):
    raise ValueError(price)

async def main():
    request.set('Ada')
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    feed = _native.Feed([(callback, loop, context) for callback in (fails, note, anote)], 1000)
    feed.publish(7)
    await feed.drained()
    assert came == 2 * [(7, 'Ada', True)], came
    assert [type(error) for error in unraisable] == [ValueError], unraisable

unraisable = []
sys.unraisablehook = lambda unraised: unraisable.append(unraised.exc_value)
asyncio.run(main())
";
