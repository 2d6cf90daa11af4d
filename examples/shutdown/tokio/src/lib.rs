//! A journal that a Rust task writes in the background, until Python closes it.

mod runtime;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// How many lines may wait for the file. Then a `write` waits for room.
const WAITING_LINES: usize = 1000;

// ANCHOR: keep
/// Writes each line it receives. After a `None`, it writes the queued lines and takes no more.
async fn keep(path: PathBuf, mut lines: mpsc::Receiver<Option<String>>) -> io::Result<()> {
    let mut file = BufWriter::new(tokio::fs::File::create(path).await?);
    while let Some(line) = lines.recv().await {
        match line {
            Some(line) => file.write_all(format!("{line}\n").as_bytes()).await?,
            None => lines.close(),
        }
    }
    file.flush().await
}
// ANCHOR_END: keep

type Keeper = Arc<Mutex<Option<JoinHandle<io::Result<()>>>>>;

/// Waits for the keeper. If the task failed, the first call returns its error.
async fn ended(keeper: Keeper) -> PyResult<Option<()>> {
    let mut keeper = keeper.lock().await;
    // By reference: if this wait is cancelled, the next one can still wait.
    if let Some(task) = keeper.as_mut() {
        let kept = task.await;
        *keeper = None;
        kept.map_err(|error| RustPanic::new_err(error.to_string()))??;
    }
    Ok(None)
}

/// Lines for a file. An error of the file is raised once: by a later `write` or by `close`.
#[pyclass(frozen)]
struct Journal {
    lines: mpsc::Sender<Option<String>>,
    keeper: Keeper,
}

#[pymethods]
impl Journal {
    #[new]
    fn new(path: PathBuf) -> Self {
        let (lines, received) = mpsc::channel(WAITING_LINES);
        let keeper = get_runtime().spawn(keep(path, received));
        let keeper = Arc::new(Mutex::new(Some(keeper)));
        Self { lines, keeper }
    }

    /// Hands a line over; ValueError once the journal is closed.
    fn write<'py>(&self, py: Python<'py>, line: String) -> PyResult<Bound<'py, PyAny>> {
        let (lines, keeper) = (self.lines.clone(), Arc::clone(&self.keeper));
        future_into_py(py, async move {
            if lines.send(Some(line)).await.is_err() {
                ended(keeper).await?;
                return Err(PyValueError::new_err("the journal is closed"));
            }
            Ok(None::<()>)
        })
    }

    // ANCHOR: close
    /// Takes no more lines, and ends when all earlier ones are in the file.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (lines, keeper) = (self.lines.clone(), Arc::clone(&self.keeper));
        future_into_py(py, async move {
            lines.send(None).await.ok();
            ended(keeper).await
        })
    }
    // ANCHOR_END: close
}

// ANCHOR: module
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::Journal;
    use pyo3::prelude::*;
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
// ANCHOR_END: module
