//! A journal that a Rust task writes in the background, until Python closes it.

// ANCHOR: use
mod clean_exit;

use clean_exit::future_into_py;
// ANCHOR_END: use

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

// ANCHOR: keep
/// Writes what comes, and the rest of its buffer when nobody can send any more.
async fn keep(path: PathBuf, mut lines: UnboundedReceiver<String>) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path).await?);
    while let Some(line) = lines.recv().await {
        file.write_all(format!("{line}\n").as_bytes()).await?;
    }
    file.flush().await
}
// ANCHOR_END: keep

#[pyclass(frozen)]
struct Journal {
    lines: Mutex<Option<UnboundedSender<String>>>,
    keeper: Arc<tokio::sync::Mutex<Option<JoinHandle<io::Result<()>>>>>,
}

#[pymethods]
impl Journal {
    #[new]
    fn new(path: PathBuf) -> Self {
        let (lines, received) = unbounded_channel();
        let keeper = get_runtime().spawn(keep(path, received));
        Self {
            lines: Mutex::new(Some(lines)),
            keeper: Arc::new(tokio::sync::Mutex::new(Some(keeper))),
        }
    }

    fn write(&self, line: String) -> PyResult<()> {
        let lines = self.lines.lock().map_err(failed)?;
        let lines = lines.as_ref();
        lines
            .and_then(|lines| lines.send(line).ok())
            .ok_or_else(|| PyValueError::new_err("the journal is closed"))
    }

    // ANCHOR: close
    /// Takes no more lines, and ends when those it took are in the file.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        drop(self.lines.lock().map_err(failed)?.take());
        let keeper = Arc::clone(&self.keeper);
        future_into_py(py, async move {
            let mut keeper = keeper.lock().await;
            // By reference: if this `close` is cancelled, the next one can still wait.
            if let Some(task) = keeper.as_mut() {
                let kept = task.await;
                *keeper = None;
                kept.map_err(failed)??;
            }
            Ok(None::<()>)
        })
    }
    // ANCHOR_END: close
}

fn failed(error: impl std::error::Error) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

// ANCHOR: module
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Journal>()?;
    clean_exit::at_exit(module)
}
// ANCHOR_END: module
