//! Makes the module part of a program; its `rust_sleep` needs a running loop, its `rust_sleep_on` does not.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| py.run(ASYNCIO_RUN_DRIVER, None, None))
}

const ASYNCIO_RUN_DRIVER: &str = "
import asyncio
import _native

try:
    asyncio.run(_native.rust_sleep(0))
except RuntimeError as error:
    assert str(error) == 'no running event loop', error
else:
    raise AssertionError('the call did not miss the loop')

async def main():
    assert await _native.rust_sleep(0) is None

asyncio.run(main())

loop = asyncio.new_event_loop()
try:
    assert loop.run_until_complete(_native.rust_sleep_on(loop, 0)) is None
finally:
    loop.close()
";
