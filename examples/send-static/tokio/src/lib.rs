//! The functions of `fails/`, written so that their futures are `Send` and `'static`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::{future_into_py, into_future};
use tokio::task::{JoinHandle, yield_now};

// ANCHOR: call_later
#[pyfunction]
fn call_later(py: Python<'_>, callback: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        yield_now().await;
        Python::attach(|py| callback.call0(py))
    })
}
// ANCHOR_END: call_later

// ANCHOR: ask_python
async fn ask_python() -> PyResult<Py<PyAny>> {
    let answer = Python::attach(|py| {
        let asyncio = py.import("asyncio")?;
        into_future(asyncio.call_method1("sleep", (0, "slept"))?)
    })?;
    answer.await
}
// ANCHOR_END: ask_python

#[pyfunction]
fn ask(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, ask_python())
}

// ANCHOR: greet
#[pyfunction]
fn greet(py: Python<'_>, name: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        yield_now().await;
        Ok(format!("Hello, {name}!"))
    })
}
// ANCHOR_END: greet

// ANCHOR: counter
#[pyclass(frozen)]
#[derive(Default)]
struct Counter {
    total: AtomicU64,
}

#[pymethods]
impl Counter {
    fn add(counter: Py<Self>, py: Python<'_>, n: u64) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            yield_now().await;
            Ok(counter.get().total.fetch_add(n, Ordering::Relaxed) + n)
        })
    }
    // ANCHOR_END: counter

    #[new]
    fn new() -> Self {
        Self::default()
    }
}

// ANCHOR: log
#[pyclass(frozen)]
#[derive(Default)]
struct Log {
    lines: tokio::sync::Mutex<Vec<String>>,
}

#[pymethods]
impl Log {
    fn write(log: Py<Self>, py: Python<'_>, line: String) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            let mut lines = log.get().lines.lock().await;
            lines.push(line);
            yield_now().await;
            Ok(lines.len())
        })
    }
    // ANCHOR_END: log

    #[new]
    fn new() -> Self {
        Self::default()
    }
}

#[pyclass(frozen)]
#[derive(Default)]
struct Visitors {
    names: Mutex<Vec<String>>,
}

#[pymethods]
impl Visitors {
    // ANCHOR: enter
    fn enter(visitors: Py<Self>, py: Python<'_>, name: String) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            let count = {
                let visitors = visitors.get();
                let mut names = visitors
                    .names
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                names.push(name);
                names.len()
            };
            yield_now().await;
            Ok(count)
        })
    }
    // ANCHOR_END: enter

    #[new]
    fn new() -> Self {
        Self::default()
    }
}

// ANCHOR: count_to
fn count_to(end: u32) -> JoinHandle<Vec<u32>> {
    tokio::spawn(async move {
        let mut seen = Vec::new();
        for n in 1..=end {
            seen.push(n);
            yield_now().await;
        }
        seen
    })
}
// ANCHOR_END: count_to

#[pyfunction]
fn count(py: Python<'_>, end: u32) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let seen = count_to(end).await;
        seen.map_err(|error| RustPanic::new_err(error.to_string()))
    })
}

#[pymodule]
pub fn send_static(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(call_later, module)?)?;
    module.add_function(wrap_pyfunction!(ask, module)?)?;
    module.add_function(wrap_pyfunction!(greet, module)?)?;
    module.add_function(wrap_pyfunction!(count, module)?)?;
    module.add_class::<Counter>()?;
    module.add_class::<Log>()?;
    module.add_class::<Visitors>()
}
