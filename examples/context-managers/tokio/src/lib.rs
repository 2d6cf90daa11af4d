//! A transaction with a server, kept or undone when its `async with` block ends.

mod runtime;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyResourceWarning, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

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

create_exception!(
    ledger,
    Undo,
    PyException,
    "Raised in the block: undo it all."
);
create_exception!(
    ledger,
    Refused,
    PyException,
    "The server refused what it was told."
);

type Server = BufReader<TcpStream>;

// ANCHOR: tell
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

fn accepted(answer: String) -> PyResult<String> {
    match answer.strip_prefix("error ") {
        Some(reason) => Err(Refused::new_err(reason.to_owned())),
        None => Ok(answer),
    }
}
// ANCHOR_END: tell

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
    fn end(&self, last: &'static str) -> impl Future<Output = PyResult<()>> + use<> {
        let shared = Arc::clone(&self.shared);
        shared.open.store(false, Ordering::Relaxed);
        let ended = get_runtime().spawn(async move {
            // A second `end` waits here for the first, and finds no server.
            let mut server = shared.server.lock().await;
            if let Some(mut server) = server.take() {
                shared.open.store(false, Ordering::Relaxed);
                accepted(tell(&mut server, last).await?)?;
            }
            Ok(())
        });
        async {
            ended
                .await
                .map_err(|error| RustPanic::new_err(error.to_string()))?
        }
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
        future_into_py(py, async move {
            let mut place = shared.server.lock().await;
            if place.is_some() {
                return Err(PyValueError::new_err("the transaction is open already"));
            }
            let mut server = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await?);
            accepted(tell(&mut server, "BEGIN").await?)?;
            *place = Some(server);
            shared.open.store(true, Ordering::Relaxed);
            Ok(None::<()>)
        })
    }
    // ANCHOR_END: begin

    // ANCHOR: execute
    fn execute<'py>(&self, py: Python<'py>, statement: String) -> PyResult<Bound<'py, PyAny>> {
        let shared = Arc::clone(&self.shared);
        future_into_py(py, async move {
            let mut place = shared.server.lock().await;
            // Taken out: if a cancel comes before the answer, the connection closes.
            let server = place.take();
            let mut server = server.ok_or_else(|| PyValueError::new_err("no open transaction"))?;
            let answer = tell(&mut server, &statement).await?;
            *place = Some(server);
            accepted(answer)
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
        let kept = error.is_none();
        let ended = self.end(if kept { "COMMIT" } else { "ROLLBACK" });
        let undo = error.is_instance_of::<Undo>();
        future_into_py(py, async move {
            ended.await?;
            // True: the exception has been dealt with. False: it goes on.
            Ok(undo)
        })
    }
    // ANCHOR_END: exit

    // ANCHOR: close
    /// Undoes what is still open, and ends when the connection is closed.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let ended = self.end("ROLLBACK");
        future_into_py(py, async move { ended.await.map(|()| None::<()>) })
    }
    // ANCHOR_END: close

    #[getter]
    fn is_open(&self) -> bool {
        self.shared.open.load(Ordering::Relaxed)
    }
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
        // A drop can come when Python has ended: then nobody can be warned.
        Python::try_attach(|py| {
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

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::{Eager, Refused, Transaction, Undo, WithDel, WithDrop};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        runtime::set_up(module.py())
    }
}
