//! A native module whose `rust_sleep` Python awaits, with pyo3-asyncio, and a clean exit.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::RwLock;
use std::task::Poll;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_asyncio::tokio::get_runtime;
use pyo3_asyncio::{generic, TaskLocals};

// ANCHOR: rust_sleep
/// Starts a sleep of `seconds` on tokio and returns the asyncio future that ends with it.
#[pyfunction]
fn rust_sleep(py: Python<'_>, seconds: f64) -> PyResult<&PyAny> {
    let duration = Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;

    generic::future_into_py::<Tokio, _, _>(py, async move {
        tokio::time::sleep(duration).await;
        // Python gets `None`; the unit `()` would reach it as an empty tuple.
        Ok(None::<()>)
    })
}

#[pymodule]
fn _native(py: Python<'_>, module: &PyModule) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(rust_sleep, module)?)?;
    let at_exit = wrap_pyfunction!(stop_polling, module)?;
    py.import("atexit")?.call_method1("register", (at_exit,))?;
    Ok(())
}
// ANCHOR_END: rust_sleep

// ANCHOR: clean_exit
/// Whether tasks may run. Each poll of one holds the lock for reading.
static POLLING: RwLock<bool> = RwLock::new(true);

/// Waits for the polls under way and refuses all later ones.
#[pyfunction]
fn stop_polling(py: Python<'_>) {
    // A poll may need the interpreter to finish: let go of it, or this waits for ever.
    py.allow_threads(|| {
        *POLLING
            .write()
            .expect("no poll writes, so none can poison it") = false
    });
}

/// Polls `future` until the interpreter exits: any poll may be the one that hands over its result.
async fn until_exit<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polling = POLLING
            .read()
            .expect("no poll writes, so none can poison it");
        if *polling {
            return future.as_mut().poll(context);
        }
        Poll::Pending
    })
    .await
}

/// The bridge's tokio runtime, with tasks that stop before the interpreter does.
struct Tokio;

impl generic::Runtime for Tokio {
    type JoinError = tokio::task::JoinError;
    type JoinHandle = tokio::task::JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        get_runtime().spawn(until_exit(future))
    }
}
// ANCHOR_END: clean_exit

// ANCHOR: locals
tokio::task_local! {
    static LOCALS: TaskLocals;
}

impl generic::ContextExt for Tokio {
    fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(LOCALS.scope(locals, future))
    }

    fn get_task_locals() -> Option<TaskLocals> {
        LOCALS.try_with(TaskLocals::clone).ok()
    }
}
// ANCHOR_END: locals
