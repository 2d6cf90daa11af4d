//! Does not compile: the guard of a standard mutex is held across an await.

use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;
use tokio::task::yield_now;

#[pyclass(frozen)]
struct Visitors {
    names: Mutex<Vec<String>>,
}

#[pymethods]
impl Visitors {
    fn enter(visitors: Py<Self>, py: Python<'_>, name: String) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            let mut names = visitors.get().names.lock().expect("no holder panics");
            names.push(name);
            let count = names.len();
            yield_now().await;
            Ok(count)
        })
    }
}

fn main() {}
