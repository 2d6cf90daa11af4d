//! Does not compile: the future takes a `PyRefMut` with it.

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;
use tokio::task::yield_now;

#[pyclass]
struct Log {
    lines: Vec<String>,
}

#[pymethods]
impl Log {
    fn write(mut log: PyRefMut<'_, Self>, line: String) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(log.py(), async move {
            log.lines.push(line);
            yield_now().await;
            Ok(log.lines.len())
        })
    }
}

fn main() {}
