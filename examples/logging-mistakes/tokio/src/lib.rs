//! Log calls that hang and events that are lost, on purpose, beside the fixes.

mod runtime;

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::task::yield_now;
use tracing::instrument::WithSubscriber;
use tracing::{Subscriber, debug, info};

#[pyclass(frozen)]
struct Stock(Arc<Mutex<u32>>);

#[pymethods]
impl Stock {
    #[new]
    fn new(left: u32) -> Self {
        Self(Arc::new(Mutex::new(left)))
    }

    // ANCHOR: locked
    fn take_locked<'py>(&self, py: Python<'py>, count: u32) -> PyResult<Bound<'py, PyAny>> {
        let stock = Arc::clone(&self.0);
        future_into_py(py, async move {
            let mut left = stock.lock().unwrap_or_else(PoisonError::into_inner);
            *left = left.saturating_sub(count);
            info!(count, "taken"); // It waits for the GIL, and holds the lock meanwhile.
            Ok(*left)
        })
    }

    fn left(&self) -> u32 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) // It holds the GIL meanwhile.
    }
    // ANCHOR_END: locked

    // ANCHOR: detached
    fn left_detached(&self, py: Python<'_>) -> u32 {
        let left = self.0.lock_py_attached(py);
        *left.unwrap_or_else(PoisonError::into_inner)
    }
    // ANCHOR_END: detached
}

// ANCHOR: lost
/// Each order has a log file of its own.
fn log_file(path: PathBuf) -> PyResult<impl Subscriber + Send + Sync> {
    let file = tracing_subscriber::fmt().with_writer(File::create(path)?);
    Ok(file.without_time().with_ansi(false).finish())
}

async fn pack(order: u64) -> PyResult<Option<()>> {
    info!(order, "packed");
    Ok(None)
}

#[pyfunction]
fn pack_lost(py: Python<'_>, order: u64, path: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    let _guard = tracing::subscriber::set_default(log_file(path)?);
    info!(order, "packing");
    future_into_py(py, pack(order))
}
// ANCHOR_END: lost

// ANCHOR: kept
#[pyfunction]
fn pack_kept(py: Python<'_>, order: u64, path: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    let _guard = tracing::subscriber::set_default(log_file(path)?);
    info!(order, "packing");
    future_into_py(py, pack(order).with_current_subscriber())
}
// ANCHOR_END: kept

/// What `pack_kept` does, with the subscriber itself.
#[pyfunction]
fn pack_with(py: Python<'_>, order: u64, path: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    let log = log_file(path)?;
    future_into_py(py, pack(order).with_subscriber(log))
}

/// Logs on a thread of its own until the process ends.
#[pyfunction]
fn log_on_thread() {
    thread::spawn(|| {
        loop {
            info!("still running");
        }
    });
}

/// The same on tokio, which `src/runtime.rs` stops when Python exits.
#[pyfunction]
fn log_on_tokio() {
    get_runtime().spawn(async {
        loop {
            info!("still running");
            yield_now().await;
        }
    });
}

/// So many log calls on another thread, for which this one waits and keeps the GIL.
#[pyfunction]
fn debug_attached(calls: u32) -> bool {
    let calls = move || (0..calls).for_each(|call| debug!(call, "called"));
    thread::spawn(calls).join().is_ok()
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{Stock, debug_attached, log_on_thread, log_on_tokio};
    #[pymodule_export]
    use super::{pack_kept, pack_lost, pack_with};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        pyo3_log::init();
        crate::runtime::set_up(module.py())
    }
}
