//! A transaction with a server, kept or undone when its `async with` block ends.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyResourceWarning, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

// ANCHOR: eager
/// The mistake: both methods have done their work when they return.
#[pyclass(frozen, module = "ledger")]
struct Eager;

#[pymethods]
impl Eager {
    #[new]
    fn new() -> Self {
        Eager
    }

    fn __aenter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __aexit__(&self, _kind: Py<PyAny>, _error: Py<PyAny>, _traceback: Py<PyAny>) -> bool {
        false
    }
}
// ANCHOR_END: eager

type Server = BufReader<TcpStream>;

/// Sends one line and waits for its answer.
async fn tell(server: &mut Server, line: &str) -> io::Result<String> {
    server.write_all(format!("{line}\n").as_bytes()).await?;
    let mut answer = String::new();
    if server.read_line(&mut answer).await? == 0 {
        let gone = io::ErrorKind::ConnectionAborted;
        return Err(io::Error::new(gone, "the server has gone"));
    }
    Ok(answer.trim_end().to_owned())
}

create_exception!(
    ledger,
    Undo,
    PyException,
    "Raised in the block: undo all of it, and go on after it."
);

#[pyclass(frozen, subclass)]
struct Transaction {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    server: Mutex<Option<Server>>,
    open: AtomicBool,
}

// ANCHOR: end
impl Transaction {
    /// Sends the last line in a task of its own: the cancel of an await does not stop it.
    fn end(&self, last: &'static str) -> JoinHandle<PyResult<()>> {
        let shared = Arc::clone(&self.shared);
        shared.open.store(false, Ordering::Relaxed);
        get_runtime().spawn(async move {
            // A second `end` waits here for the first, and finds no server.
            let mut server = shared.server.lock().await;
            if let Some(mut server) = server.take() {
                tell(&mut server, last).await?;
            }
            Ok(())
        })
    }
}
// ANCHOR_END: end

#[pymethods]
impl Transaction {
    #[new]
    fn new(port: u16) -> Self {
        Self {
            port,
            shared: Arc::default(),
        }
    }

    // ANCHOR: begin
    fn begin<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (port, shared) = (self.port, Arc::clone(&self.shared));
        generic::future_into_py::<Tokio, _, _>(py, async move {
            let mut server = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await?);
            tell(&mut server, "BEGIN").await?;
            *shared.server.lock().await = Some(server);
            shared.open.store(true, Ordering::Relaxed);
            Ok(None::<()>)
        })
    }
    // ANCHOR_END: begin

    // ANCHOR: execute
    fn execute<'py>(&self, py: Python<'py>, statement: String) -> PyResult<Bound<'py, PyAny>> {
        let shared = Arc::clone(&self.shared);
        generic::future_into_py::<Tokio, _, _>(py, async move {
            let mut place = shared.server.lock().await;
            // Taken out: if a cancel comes before the answer, the connection closes.
            let server = place.take();
            let mut server = server.ok_or_else(|| PyValueError::new_err("no open transaction"))?;
            let answer = tell(&mut server, &statement).await?;
            *place = Some(server);
            Ok(answer)
        })
    }
    // ANCHOR_END: execute

    // ANCHOR: exit
    fn __aexit__<'py>(
        &self,
        py: Python<'py>,
        _kind: Bound<'py, PyAny>,
        error: Bound<'py, PyAny>,
        _traceback: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let last = if error.is_none() {
            "COMMIT"
        } else {
            "ROLLBACK"
        };
        let undo = error.is_instance_of::<Undo>();
        let ended = self.end(last);
        generic::future_into_py::<Tokio, _, _>(py, async move {
            ended.await.map_err(failed)??;
            // True: the exception has been dealt with. False: it goes on.
            Ok(undo)
        })
    }
    // ANCHOR_END: exit

    // ANCHOR: close
    /// Undoes what is still open, and ends when the connection is closed.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let ended = self.end("ROLLBACK");
        generic::future_into_py::<Tokio, _, _>(py, async move {
            ended.await.map_err(failed)??;
            Ok(None::<()>)
        })
    }
    // ANCHOR_END: close

    #[getter]
    fn is_open(&self) -> bool {
        self.shared.open.load(Ordering::Relaxed)
    }
}

fn failed(error: tokio::task::JoinError) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

// ANCHOR: unclosed
/// PyO3 takes `__del__` for a method like any other.
#[pyclass(frozen, subclass)]
struct WithDel;

#[pymethods]
impl WithDel {
    #[new]
    fn new() -> Self {
        WithDel
    }

    fn __del__(&self, py: Python<'_>) -> PyResult<()> {
        warn_unclosed(py)
    }
}

#[pyclass(frozen)]
struct WithDrop;

#[pymethods]
impl WithDrop {
    #[new]
    fn new() -> Self {
        WithDrop
    }
}

impl Drop for WithDrop {
    fn drop(&mut self) {
        Python::attach(|py| {
            if let Err(error) = warn_unclosed(py) {
                error.write_unraisable(py, None);
            }
        });
    }
}

fn warn_unclosed(py: Python<'_>) -> PyResult<()> {
    PyErr::warn(py, &py.get_type::<PyResourceWarning>(), c"unclosed", 1)
}
// ANCHOR_END: unclosed

/// Drops the object on a thread that is not attached to the interpreter.
#[pyfunction]
fn drop_detached(object: Py<PyAny>) {
    // It attaches nowhere, so it cannot wait for this thread, which is attached.
    std::thread::spawn(|| drop(object)).join().ok();
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Eager>()?;
    module.add_class::<Transaction>()?;
    module.add_class::<WithDel>()?;
    module.add_class::<WithDrop>()?;
    module.add_function(wrap_pyfunction!(drop_detached, module)?)?;
    module.add("Undo", module.py().get_type::<Undo>())?;
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    module
        .py()
        .import("atexit")?
        .call_method1("register", (at_exit,))?;
    Ok(())
}

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
