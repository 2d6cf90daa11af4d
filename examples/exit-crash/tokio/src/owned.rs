//! A runtime of one's own, which an exit can shut down.

use std::future::Future;
use std::pin::Pin;
use std::sync::{LazyLock, Mutex};

use pyo3::prelude::*;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::runtime::{Handle, Runtime};
use tokio::task::{JoinError, JoinHandle};

static RUNTIME: LazyLock<(Handle, Mutex<Option<Runtime>>)> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("the system has threads for a runtime");
    (runtime.handle().clone(), Mutex::new(Some(runtime)))
});

/// Drops the tasks, and waits for the threads, deliveries included, for at most `seconds`.
#[pyfunction]
pub fn shut_down(py: Python<'_>, seconds: f64) -> PyResult<()> {
    let bound = crate::seconds(seconds)?;
    py.detach(|| {
        let runtime = RUNTIME.1.lock().ok().and_then(|mut runtime| runtime.take());
        if let Some(runtime) = runtime {
            runtime.shutdown_timeout(bound);
        }
    });
    Ok(())
}

struct Owned;

impl generic::Runtime for Owned {
    type JoinError = JoinError;
    type JoinHandle = JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        RUNTIME.0.spawn(future)
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        RUNTIME.0.spawn_blocking(deliver)
    }
}

/// No Rust task of this module asks for the event loop, so none is stored.
impl generic::ContextExt for Owned {
    fn scope<F, R>(_: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(future)
    }

    fn get_task_locals() -> Option<TaskLocals> {
        None
    }
}

#[pyfunction]
pub fn owned_sleep(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Owned, _, _>(py, crate::sleep(crate::seconds(seconds)?))
}
