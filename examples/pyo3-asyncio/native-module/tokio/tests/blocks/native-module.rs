//! Makes the module part of a program and awaits its `rust_sleep` from Python.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| py.run(NATIVE_MODULE_DRIVER, None, None))
}

const NATIVE_MODULE_DRIVER: &str = "
import asyncio, time
import _native

async def main():
    start = time.monotonic()
    assert await _native.rust_sleep(0.05) is None
    assert time.monotonic() - start >= 0.05
    try:
        await _native.rust_sleep(-1)
    except ValueError as error:
        assert 'value is negative' in str(error), error
    else:
        raise AssertionError('a negative time was accepted')

asyncio.run(main())
";
