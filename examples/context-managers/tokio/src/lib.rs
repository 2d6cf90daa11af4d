//! A transaction with a server, kept or undone when its `async with` block ends.

mod runtime;

use std::sync::Arc;

use pyo3::exceptions::{PyConnectionAbortedError, PyException, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pyo3::create_exception!(ledger, Refused, PyException, "The server refused.");

// ANCHOR: tell
/// Sends one line and waits for its answer.
async fn tell(place: &mut Option<BufReader<TcpStream>>, line: &str) -> PyResult<String> {
    // Taken out, so that a cancel before the answer closes the connection.
    let server = place.take();
    let mut server = server.ok_or_else(|| PyValueError::new_err("no open transaction"))?;
    server.write_all(format!("{line}\n").as_bytes()).await?;
    let answer = (&mut server).lines().next_line().await?;
    let answer = answer.ok_or_else(|| PyConnectionAbortedError::new_err("the server has gone"))?;
    *place = Some(server);
    let refused = answer.strip_prefix("error ").map(str::to_owned);
    refused.map_or(Ok(answer), |reason| Err(Refused::new_err(reason)))
}
// ANCHOR_END: tell

#[pyclass(frozen, subclass)]
struct Transaction {
    port: u16,
    server: Arc<tokio::sync::Mutex<Option<BufReader<TcpStream>>>>,
}

#[pymethods]
impl Transaction {
    #[new]
    fn new(port: u16) -> Self {
        let server = Arc::default();
        Self { port, server }
    }

    // ANCHOR: begin
    fn begin<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (port, place) = (self.port, self.server.clone().lock_owned());
        future_into_py(py, async move {
            let mut place = place.await;
            if place.is_some() {
                return Err(PyValueError::new_err("the transaction is open already"));
            }
            let stream = TcpStream::connect(("127.0.0.1", port)).await?;
            let mut server = Some(BufReader::new(stream));
            tell(&mut server, "BEGIN").await?;
            *place = server;
            Ok(None::<()>)
        })
    }

    fn execute<'py>(&self, py: Python<'py>, statement: String) -> PyResult<Bound<'py, PyAny>> {
        let place = self.server.clone().lock_owned();
        future_into_py(py, async move { tell(&mut *place.await, &statement).await })
    }
    // ANCHOR_END: begin

    // ANCHOR: end
    /// Sends the last line in a task of its own: the cancel of an await does not stop it.
    fn end<'py>(&self, py: Python<'py>, last: String) -> PyResult<Bound<'py, PyAny>> {
        let place = self.server.clone().lock_owned();
        let ended = get_runtime().spawn(async move {
            // A second `end` waits here for the first, and finds no server.
            let mut place = place.await;
            if place.is_some() {
                tell(&mut place.take(), &last).await?;
            }
            Ok(None::<()>)
        });
        future_into_py(py, async {
            ended.await.map_err(|e| RustPanic::new_err(e.to_string()))?
        })
    }
    // ANCHOR_END: end

    #[getter]
    fn is_open(&self) -> bool {
        self.server.try_lock().is_ok_and(|place| place.is_some())
    }
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{Refused, Transaction};

    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
