//! Makes the module part of a program; both faces add up what coroutines return.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(OWN_LOOP_DRIVER, None, None))
}

const OWN_LOOP_DRIVER: &std::ffi::CStr = c"
import asyncio, threading
import _native

async def price_of(item):
    await asyncio.sleep(0)
    return {'tea': 3, 'milk': 2}[item]

async def main():
    assert await _native.total(['tea', 'milk'], price_of) == 5

asyncio.run(main())
loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever)
thread.start()
assert _native.total_sync(['tea', 'milk'], price_of, loop) == 5
loop.call_soon_threadsafe(loop.stop)
thread.join()
";
