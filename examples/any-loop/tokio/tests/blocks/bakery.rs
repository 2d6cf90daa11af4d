//! Makes the module part of a program, and bakes under asyncio.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(BAKERY_DRIVER, None, None))
}

const BAKERY_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def main():
    loop = asyncio.get_running_loop()

    async def bake(bread, seconds):
        ended = loop.create_future()
        _native.bake(loop.call_soon_threadsafe, lambda *result: ended.set_result(result), bread, seconds)
        return await ended

    assert await bake('rye', 0.01) == ('rye is ready', None)
    value, error = await bake('cake', 0)
    assert (value, type(error), str(error)) == (None, _native.UnknownBread, 'no recipe for cake')
    assert await _native.bake_in_asyncio('rye', 0) == 'rye is ready'
    assert _native.free_places() == 100

asyncio.run(main())
";
