//! Makes the module part of a program and retries a coroutine from Python.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(TESTING_DRIVER, None, None))
}

const TESTING_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

calls = []

async def flaky():
    calls.append(None)
    if len(calls) < 3:
        raise ValueError(len(calls))
    return 'done'

async def main():
    assert await _native.retry(flaky, 3, 0.0) == 'done'
    assert len(calls) == 3, calls

asyncio.run(main())
";
