//! The same with async-std.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

mod runtime {
    // BLOCK
}

use pyo3::prelude::*;

#[pyfunction]
fn forty_two(py: Python<'_>) -> PyResult<&PyAny> {
    pyo3_asyncio::async_std::future_into_py(py, async { Ok(42) })
}

#[pymodule]
fn _native(py: Python<'_>, module: &PyModule) -> PyResult<()> {
    runtime::set_up(py)?;
    module.add_function(wrap_pyfunction!(forty_two, module)?)
}

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| py.run(RUNTIME_FILE_ASYNC_STD_DRIVER, None, None))
}

const RUNTIME_FILE_ASYNC_STD_DRIVER: &str = "
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
