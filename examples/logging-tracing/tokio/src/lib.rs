//! A stock of goods that logs what leaves it, through Python's `logging`.

mod runtime;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3_async_runtimes::tokio::future_into_py;
use pyo3_log::ResetHandle;
use tracing::{debug, info};

// ANCHOR: stock
#[pyclass(frozen)]
struct Stock(Arc<Mutex<u32>>);

fn lock(stock: &Mutex<u32>) -> MutexGuard<'_, u32> {
    stock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes `count`. The result is how many are left, the error how many there are.
fn take_from(stock: &Mutex<u32>, count: u32) -> Result<u32, u32> {
    let mut left = lock(stock);
    *left = left.checked_sub(count).ok_or(*left)?;
    Ok(*left)
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
            let taken = take_from(&stock, count);
            // The lock is free again: a log call waits for the GIL.
            match taken {
                Ok(left) => info!(count, left, "taken"),
                Err(left) => log::warn!("{count} wanted, {left} left"),
            }
            taken.map_err(|left| PyValueError::new_err(format!("{count} wanted, {left} left")))
        })
    }

    #[getter]
    fn left(&self) -> u32 {
        *lock(&self.0)
    }
}
// ANCHOR_END: stock

// ANCHOR: init
static LOGGING: PyOnceLock<ResetHandle> = PyOnceLock::new();

/// Makes Rust ask Python's loggers for their levels again.
#[pyfunction]
fn reset_logging(py: Python<'_>) {
    if let Some(logging) = LOGGING.get(py) {
        logging.reset();
    }
}

/// `pyo3_log::init` would panic if Rust has another logger.
fn log_to_python() -> PyResult<ResetHandle> {
    pyo3_log::try_init()
        .map_err(|error| PyRuntimeError::new_err(format!("cannot log to Python: {error}")))
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{Stock, reset_logging};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::LOGGING.get_or_try_init(module.py(), super::log_to_python)?;
        crate::runtime::set_up(module.py())
    }
}
// ANCHOR_END: init
