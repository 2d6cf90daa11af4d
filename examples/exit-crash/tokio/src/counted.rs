//! The bridge's runtime, with deliveries that hold a lock for reading.

use std::future::Future;
use std::pin::Pin;
use std::sync::RwLock;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::task::{JoinError, JoinHandle};

/// Whether results may be delivered. Each delivery holds the lock for reading.
static DELIVERING: RwLock<bool> = RwLock::new(true);

/// Waits for the deliveries under way and refuses all later ones.
#[pyfunction]
pub fn stop_deliveries(py: Python<'_>) {
    // Deliveries need the GIL to finish: without the detach, this would deadlock.
    py.detach(|| {
        *DELIVERING
            .write()
            .expect("no delivery writes, so none can poison it") = false
    });
}

struct Counted;

impl generic::Runtime for Counted {
    type JoinError = JoinError;
    type JoinHandle = JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        get_runtime().spawn(future)
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        get_runtime().spawn_blocking(|| {
            let delivering = DELIVERING
                .read()
                .expect("no delivery writes, so none can poison it");
            if *delivering {
                deliver();
            }
        })
    }
}

/// No Rust task of this module asks for the event loop, so none is stored.
impl generic::ContextExt for Counted {
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
pub fn counted_sleep(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Counted, _, _>(py, crate::sleep(crate::seconds(seconds)?))
}
