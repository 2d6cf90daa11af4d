//! The file as a module; Python awaits Rust on a thread with the name and the number of the settings.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

mod runtime {
    // BLOCK
}

#[pyo3::pymodule]
mod _native {
    use pyo3::prelude::*;
    use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};

    #[pyfunction]
    fn thread(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let workers = get_runtime().metrics().num_workers();
        future_into_py(py, async move {
            let name = std::thread::current().name().map(str::to_owned);
            Ok((name, workers))
        })
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}

fn main() -> pyo3::PyResult<()> {
    use pyo3::Python;
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(CONFIGURED_RUNTIME_DRIVER, None, None))
}

const CONFIGURED_RUNTIME_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def main():
    assert await _native.thread() == ('kiosk', 2)

asyncio.run(main())
";
