//! Does not compile: a `Bound` leaves the `attach` that it belongs to.

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::into_future;

async fn ask_python() -> PyResult<Py<PyAny>> {
    let coroutine = Python::attach(|py| {
        let asyncio = py.import("asyncio")?;
        asyncio.call_method1("sleep", (0, "slept"))
    })?;
    into_future(coroutine)?.await
}

fn main() {}
