//! Queries that Python can cancel: in the bridge's future, and in tasks that it starts.

mod runtime;

use std::io;

use pyo3::prelude::*;
use pyo3_async_runtimes::{err::RustPanic, tokio::future_into_py};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, spawn};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

// ANCHOR: query
/// Asks the database at this port. Dropped, it closes the connection without a `quit`.
async fn ask_db(port: u16) -> io::Result<String> {
    let mut connection = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await?);
    connection.write_all(b"question\n").await?;
    let mut answer = String::new();
    connection.read_line(&mut answer).await?;
    connection.write_all(b"quit\n").await?;
    Ok(answer.trim_end().to_owned())
}

#[pyfunction]
fn query(py: Python<'_>, port: u16) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(ask_db(port).await?) })
}
// ANCHOR_END: query

// ANCHOR: closed
/// A query, and an object that tells when its connection is closed.
#[pyfunction]
fn query_and_closed(py: Python<'_>, port: u16) -> PyResult<(Bound<'_, PyAny>, Closed)> {
    let closed = CancellationToken::new();
    let close = closed.clone().drop_guard();
    let query = future_into_py(py, async move {
        // Dropped after the query, whether that has ended or is cancelled.
        let _close = close;
        Ok(ask_db(port).await?)
    })?;
    Ok((query, Closed(closed)))
}

#[pyclass(frozen)]
struct Closed(CancellationToken);
#[pymethods]
impl Closed {
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let closed = self.0.clone().cancelled_owned();
        future_into_py(py, async {
            closed.await;
            Ok(None::<()>)
        })
    }
}
// ANCHOR_END: closed

// ANCHOR: in_task
#[pyfunction]
fn query_in_task(py: Python<'_>, port: u16) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let task = spawn(ask_db(port)).await;
        Ok(task.map_err(|error| RustPanic::new_err(error.to_string()))??)
    })
}
// ANCHOR_END: in_task

// ANCHOR: in_owned_task
#[pyfunction]
fn query_in_owned_task(py: Python<'_>, port: u16) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let task = AbortOnDropHandle::new(spawn(ask_db(port))).await;
        Ok(task.map_err(|error| RustPanic::new_err(error.to_string()))??)
    })
}
// ANCHOR_END: in_owned_task

// ANCHOR: in_join_set
#[pyfunction]
fn query_twice(py: Python<'_>, port: u16) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let answers = JoinSet::from_iter([ask_db(port), ask_db(port)])
            .join_all()
            .await;
        Ok(answers.into_iter().collect::<io::Result<Vec<_>>>()?)
    })
}
// ANCHOR_END: in_join_set

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{Closed, query, query_and_closed, query_in_owned_task, query_in_task, query_twice};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
