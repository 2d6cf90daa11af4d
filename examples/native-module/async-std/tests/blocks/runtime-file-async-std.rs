//! The same with async-std.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

mod runtime {
    // BLOCK
}

#[pyo3::pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pyfunction]
    fn forty_two(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        pyo3_async_runtimes::async_std::future_into_py(py, async { Ok(42) })
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(RUNTIME_FILE_ASYNC_STD_DRIVER, None, None))
}

const RUNTIME_FILE_ASYNC_STD_DRIVER: &std::ffi::CStr = c"
import asyncio, atexit, time
import _native

async def main():
    assert await asyncio.gather(*(_native.forty_two() for _ in range(100))) == [42] * 100

async def after():
    done, pending = await asyncio.wait([_native.forty_two()], timeout=0.5)
    assert not done and len(pending) == 1

asyncio.run(main())
start = time.monotonic()
atexit._run_exitfuncs()
assert time.monotonic() - start < 5
asyncio.run(after())
";
