//! A library that handles Ctrl-C, so that its program no longer gets it.

mod runtime;

use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;

static SEEN: AtomicU32 = AtomicU32::new(0);

/// How often a `watch_ctrl_c` has seen Ctrl-C.
#[pyfunction]
fn seen() -> u32 {
    SEEN.load(Ordering::SeqCst)
}

// ANCHOR: thief
/// Counts one Ctrl-C. tokio's handler is installed when this returns, and stays for good.
#[pyfunction]
fn watch_ctrl_c(py: Python<'_>) {
    let (told, installed) = mpsc::channel();
    get_runtime().spawn(async move {
        tokio::select! {
            biased; // The handler first, then the message.
            _ = tokio::signal::ctrl_c() => SEEN.fetch_add(1, Ordering::SeqCst),
            _ = async { told.send(()).is_ok() && pending().await } => 0,
        }
    });
    // An error means that the task is gone: there is nothing to wait for.
    py.detach(move || installed.recv().ok());
}
// ANCHOR_END: thief

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{seen, watch_ctrl_c};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
