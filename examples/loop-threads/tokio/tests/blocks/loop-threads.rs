//! Makes the module part of a program; two loops are asked for a price.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(LOOP_THREADS_DRIVER, None, None))
}

const LOOP_THREADS_DRIVER: &std::ffi::CStr = c"
import asyncio, threading
import _native

async def price(item):
    return await _native.price(item)

async def dear(item):
    assert asyncio.get_running_loop() is other
    return 1 + await price(item)

other = asyncio.new_event_loop()
thread = threading.Thread(target=other.run_forever)
thread.start()

async def main():
    shops = [(other, dear), (asyncio.get_running_loop(), price)]
    assert await _native.cheapest(shops, 'tea') == 3
    assert await _native.cheapest([], 'tea') is None

asyncio.run(main())
other.call_soon_threadsafe(other.stop)
thread.join()
other.close()
";
