//! A Python module that awaits Python and passes its exceptions on: whole, as a cause, or as text.

mod runtime;

use pyo3::exceptions::{PyException, PyRuntimeError, PyStopAsyncIteration, PyStopIteration};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, into_future};

// ANCHOR: relay
/// Awaits it and passes the text of its exception on, and nothing else of it.
#[pyfunction]
fn relay_text(awaitable: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = awaitable.py();
    let answer = into_future(awaitable)?;
    future_into_py(py, async move {
        match answer.await {
            Err(error) if is_exception(&error) => {
                Err(PyRuntimeError::new_err(format!("relay: {error}")))
            }
            result => result,
        }
    })
}

/// Awaits it and passes its result or its exception on.
#[pyfunction]
fn relay(awaitable: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = awaitable.py();
    future_into_py(py, into_future(awaitable)?)
}
// ANCHOR_END: relay

// ANCHOR: relay_with_cause
/// Awaits it and makes its exception the cause of a `RuntimeError`.
#[pyfunction]
fn relay_with_cause(awaitable: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = awaitable.py();
    let answer = into_future(awaitable)?;
    future_into_py(py, async move {
        match answer.await {
            Err(cause) if is_exception(&cause) => {
                let error = PyRuntimeError::new_err("relay: Python failed");
                Python::attach(|py| error.set_cause(py, Some(cause)));
                Err(error)
            }
            result => result,
        }
    })
}

/// False for a cancellation, Ctrl-C and an exit, which are no failures.
fn is_exception(error: &PyErr) -> bool {
    Python::attach(|py| error.is_instance_of::<PyException>(py))
}
// ANCHOR_END: relay_with_cause

// ANCHOR: report
/// Awaits it and returns its exception as a log would show it, or `None`.
#[pyfunction]
fn report(awaitable: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = awaitable.py();
    let answer = into_future(awaitable)?;
    future_into_py(py, async move {
        match answer.await {
            Err(error) if is_exception(&error) => Python::attach(|py| told(py, &error)).map(Some),
            result => result.map(|_| None),
        }
    })
}

fn told(py: Python<'_>, error: &PyErr) -> PyResult<String> {
    let frames = error.traceback(py).map(|frames| frames.format());
    Ok(frames.transpose()?.unwrap_or_default() + &error.to_string())
}
// ANCHOR_END: report

// ANCHOR: stop
#[pyfunction]
fn stop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let end = PyStopIteration::new_err("no more documents");
    future_into_py(py, async { Err::<(), _>(end) })
}

#[pyfunction]
fn stop_async(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let end = PyStopAsyncIteration::new_err("no more documents");
    future_into_py(py, async { Err::<(), _>(end) })
}
// ANCHOR_END: stop

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{relay, relay_text, relay_with_cause, report, stop, stop_async};
    use pyo3::prelude::*;
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
