//! Rust futures for every event loop that other threads can ask to run a function soon.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use pyo3::exceptions::PyRuntimeError;
use pyo3::panic::PanicException;
use pyo3::{IntoPyObjectExt, prelude::*};
use pyo3_async_runtimes::tokio::get_runtime;
use tokio::task::{AbortHandle, JoinError};

// ANCHOR: job
/// A future that runs on tokio. Dropping the job does not stop the future.
#[pyclass(frozen)]
pub struct Job(AbortHandle);

#[pymethods]
impl Job {
    /// Makes tokio drop the future, unless it has ended; returns before that has happened.
    fn cancel(&self) {
        self.0.abort();
    }
}

/// Starts `future` on tokio, for a task of an event loop that waits until `deliver` is called.
///
/// When `future` ends, `schedule(deliver, value, error)` is called once, on a thread of tokio: it
/// must make the event loop call `deliver(value, error)`, as `call_soon_threadsafe` does. `error`
/// is None or an exception, for a panic a `PanicException`. A RuntimeError from `schedule`, or trio's
/// RunFinishedError, means that the loop has ended, and the result is dropped. After `Job::cancel`,
/// `deliver` is called only if `future` ended first.
pub fn start<F, T>(schedule: Py<PyAny>, deliver: Py<PyAny>, future: F) -> Job
where
    F: Future<Output = PyResult<T>> + Send + 'static,
    T: for<'py> IntoPyObject<'py> + Send + 'static,
{
    let runtime = get_runtime();
    let running = runtime.spawn(future);
    let job = Job(running.abort_handle());
    runtime.spawn(async move {
        let ended = running.await;
        // Waits for the GIL, which would hold up the other futures of a worker thread.
        runtime.spawn_blocking(move || {
            // Does nothing once Python finalizes.
            Python::try_attach(move |py| finish(schedule.bind(py), deliver.bind(py), ended));
        });
    });
    job
}
// ANCHOR_END: job

fn finish<'py, T>(
    schedule: &Bound<'py, PyAny>,
    deliver: &Bound<'py, PyAny>,
    ended: Result<PyResult<T>, JoinError>,
) where
    T: IntoPyObject<'py>,
{
    let py = schedule.py();
    // The conversions can panic as well: that of the value, and that of an error's arguments, which
    // PyO3 postpones until the exception is first used.
    let result = catch_unwind(AssertUnwindSafe(|| match ended {
        Ok(result) => result
            .and_then(|value| value.into_py_any(py).map(Some))
            .inspect_err(|error| {
                error.value(py);
            }),
        Err(error) if error.is_cancelled() => Ok(None),
        Err(error) => resume_unwind(error.into_panic()),
    }));
    let arguments = match result.unwrap_or_else(|panic| Err(panic_exception(panic))) {
        Ok(None) => return,
        Ok(Some(value)) => (deliver, value, py.None()),
        Err(error) => (deliver, py.None(), error.into_value(py).into_any()),
    };
    match schedule.call1(arguments) {
        Err(error) if !says_that_the_loop_has_ended(&error, py) => {
            error.write_unraisable(py, Some(schedule));
        }
        // Scheduled, or the loop has ended, so that no task waits.
        _ => {}
    }
}

/// False for a subclass such as NotImplementedError, except trio's.
fn says_that_the_loop_has_ended(error: &PyErr, py: Python<'_>) -> bool {
    let class = error.get_type(py);
    class.is(py.get_type::<PyRuntimeError>())
        || class.name().is_ok_and(|name| name == "RunFinishedError")
}

fn panic_exception(panic: Box<dyn Any + Send>) -> PyErr {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    PanicException::new_err((text.unwrap_or_else(|| "panic from Rust code".to_owned()),))
}
