//! A till whose sales wait in a Rust buffer, until it is closed or dropped.

mod runtime;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::future_into_py;
use tokio::task::spawn_blocking;

// ANCHOR: till
/// Sales for a file. `close` writes what is in the buffer, and so does the `Drop` of `BufWriter`.
#[pyclass(frozen)]
struct Till {
    file: Arc<Mutex<Option<BufWriter<File>>>>,
}

#[pymethods]
impl Till {
    #[new]
    fn new(path: PathBuf) -> PyResult<Self> {
        let file = BufWriter::new(File::create(path)?);
        Ok(Self {
            file: Arc::new(Mutex::new(Some(file))),
        })
    }

    /// Puts a sale into the buffer; ValueError once the till is closed.
    fn sell<'py>(&self, py: Python<'py>, item: String) -> PyResult<Bound<'py, PyAny>> {
        self.with_file(py, move |file| match file {
            Some(file) => Ok(writeln!(file, "{item}")?),
            None => Err(PyValueError::new_err("the till is closed")),
        })
    }

    /// Writes what is in the buffer. Closing it again does no harm.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.with_file(py, |file| match file.take() {
            Some(mut file) => Ok(file.flush()?),
            None => Ok(()),
        })
    }
}
// ANCHOR_END: till

impl Till {
    /// Runs `work` on a thread that may block.
    fn with_file<'py>(
        &self,
        py: Python<'py>,
        work: impl FnOnce(&mut Option<BufWriter<File>>) -> PyResult<()> + Send + 'static,
    ) -> PyResult<Bound<'py, PyAny>> {
        let file = Arc::clone(&self.file);
        future_into_py(py, async move {
            spawn_blocking(move || work(&mut file.lock().unwrap_or_else(PoisonError::into_inner)))
                .await
                .map_err(|error| RustPanic::new_err(error.to_string()))??;
            Ok(None::<()>)
        })
    }
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::Till;
    use pyo3::prelude::*;
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
