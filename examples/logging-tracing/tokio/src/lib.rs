//! A stock of goods that logs what leaves it, through Python's `logging`.

mod runtime;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;
use pyo3_log::ResetHandle;
use tracing::{debug, info};

// ANCHOR: stock
#[pyclass(frozen)]
struct Stock(Arc<Mutex<u32>>);

fn lock(stock: &Mutex<u32>) -> MutexGuard<'_, u32> {
    stock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl Stock {
    #[new]
    fn new(left: u32) -> Self {
        Self(Arc::new(Mutex::new(left)))
    }

    fn take<'py>(&self, py: Python<'py>, count: u32) -> PyResult<Bound<'py, PyAny>> {
        let stock = Arc::clone(&self.0);
        future_into_py(py, async move {
            debug!(count, "asked");
            let left = {
                let mut left = lock(&stock);
                *left = left
                    .checked_sub(count)
                    .ok_or_else(|| PyValueError::new_err("not enough"))?;
                *left
            };
            // The lock is free again: a log call waits for the GIL.
            info!(count, left, "taken");
            Ok(left)
        })
    }

    #[getter]
    fn left(&self) -> u32 {
        *lock(&self.0)
    }
}
// ANCHOR_END: stock

// ANCHOR: init
static LOGGING: OnceLock<ResetHandle> = OnceLock::new();

/// Makes Rust ask Python's loggers for their levels again.
#[pyfunction]
fn reset_logging() {
    if let Some(logging) = LOGGING.get() {
        logging.reset();
    }
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{Stock, reset_logging};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::LOGGING.get_or_init(pyo3_log::init);
        crate::runtime::set_up(module.py())
    }
}
// ANCHOR_END: init
