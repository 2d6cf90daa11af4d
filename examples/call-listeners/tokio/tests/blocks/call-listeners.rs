//! Makes the module part of a program; Rust calls a listener in each way.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(CALL_LISTENERS_DRIVER, None, None))
}

const CALL_LISTENERS_DRIVER: &std::ffi::CStr = c"
import asyncio, contextvars, threading, warnings
import _native

request = contextvars.ContextVar('request', default='nobody')
came = []

def note(price):
    came.append((price, request.get(), threading.current_thread() is threading.main_thread()))

async def anote(price):
    note(price)

async def main():
    request.set('Ada')
    warnings.simplefilter('ignore', RuntimeWarning)
    try:
        await _native.call_without_loop(anote)
    except RuntimeError as error:
        assert str(error) == 'no running event loop', error
    else:
        raise AssertionError('the task knew a loop')
    await _native.call_here(note)
    await _native.call_on_loop(note)
    await asyncio.sleep(0)
    assert came == [(7, 'nobody', False), (7, 'Ada', True)], came
    traced = await _native.trace(request)
    assert [line.split(':')[0] for line in traced] == ['Ada', 'nobody', 'Ada'], traced

asyncio.run(main())
";
