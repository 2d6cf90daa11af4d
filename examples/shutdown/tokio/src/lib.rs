//! A journal that a Rust task writes in the background, until Python closes it.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, RwLock};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
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
        generic::future_into_py::<Tokio, _, _>(py, async move {
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

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Journal>()?;
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    module
        .py()
        .import("atexit")?
        .call_method1("register", (at_exit,))?;
    Ok(())
}

// ANCHOR: clean_exit
/// Whether results may go to Python. Each delivery holds the lock for reading.
static DELIVERING: RwLock<bool> = RwLock::new(true);

/// Waits for the deliveries under way and refuses all later ones.
#[pyfunction]
fn stop_deliveries(py: Python<'_>) {
    // Deliveries need the interpreter to finish: let go of it, or this waits for ever.
    py.detach(|| {
        *DELIVERING
            .write()
            .expect("no delivery writes, so none can poison it") = false
    });
}

/// The bridge's tokio runtime, with deliveries that end before the interpreter does.
struct Tokio;

impl generic::Runtime for Tokio {
    type JoinError = tokio::task::JoinError;
    type JoinHandle = tokio::task::JoinHandle<()>;

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
// ANCHOR_END: clean_exit

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
