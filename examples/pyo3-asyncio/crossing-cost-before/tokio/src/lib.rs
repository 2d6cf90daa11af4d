//! One call with the bridge of pyo3-asyncio 0.20, to measure what it costs beside that of today.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::RwLock;
use std::task::Poll;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_asyncio::tokio::get_runtime;
use pyo3_asyncio::{generic, TaskLocals};
use tokio::sync::Semaphore;

#[pyfunction]
fn bridge(py: Python<'_>) -> PyResult<&PyAny> {
    generic::future_into_py::<Tokio, _, _>(py, async { Ok(None::<()>) })
}

/// Calls that wait here are in flight until `release` lets them go.
static GATE: Semaphore = Semaphore::const_new(0);

#[pyfunction]
fn bridge_held(py: Python<'_>) -> PyResult<&PyAny> {
    generic::future_into_py::<Tokio, _, _>(py, async {
        let closed = |error: tokio::sync::AcquireError| PyRuntimeError::new_err(error.to_string());
        GATE.acquire().await.map_err(closed)?.forget();
        Ok(None::<()>)
    })
}

#[pyfunction]
fn release(calls: usize) {
    GATE.add_permits(calls);
}

#[pymodule]
fn _native(py: Python<'_>, module: &PyModule) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(bridge, module)?)?;
    module.add_function(wrap_pyfunction!(bridge_held, module)?)?;
    module.add_function(wrap_pyfunction!(release, module)?)?;
    let at_exit = wrap_pyfunction!(stop_polling, module)?;
    py.import("atexit")?.call_method1("register", (at_exit,))?;
    Ok(())
}

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
