//! A query that Ctrl-C can end, whether Python awaits it or is blocked by it.

mod runtime;

use std::future::Future;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

// ANCHOR: connection
static ANSWER: Notify = Notify::const_new();

struct Connection;

impl Drop for Connection {
    fn drop(&mut self) {
        println!("closed the connection");
    }
}

async fn ask(_connection: Connection) -> &'static str {
    ANSWER.notified().await;
    "the answer"
}
// ANCHOR_END: connection

/// Ends one query that is being asked, or else the next one.
#[pyfunction]
fn answer() {
    ANSWER.notify_one();
}

// ANCHOR: query
/// A query, and an object that tells when its connection is closed.
#[pyfunction]
fn query(py: Python<'_>) -> PyResult<(Bound<'_, PyAny>, Closed)> {
    let connection = Connection;
    let closed = CancellationToken::new();
    let close = closed.clone().drop_guard();
    let answer = future_into_py(py, async {
        // Dropped after the query, whether that has ended or is cancelled.
        let _close = close;
        Ok(ask(connection).await)
    })?;
    Ok((answer, Closed(closed)))
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
// ANCHOR_END: query

// ANCHOR: blocked
#[pyfunction]
fn query_blocked(py: Python<'_>) -> &'static str {
    block_on(py, ask(Connection))
}

fn block_on<T: Send>(py: Python<'_>, future: impl Future<Output = T> + Send) -> T {
    println!("the main thread is in Rust");
    py.detach(|| get_runtime().block_on(future))
}
// ANCHOR_END: blocked

// ANCHOR: ticking
#[pyfunction]
fn query_ticking(py: Python<'_>) -> PyResult<&'static str> {
    block_on(py, or_ctrl_c(ask(Connection)))
}

/// Await this on the main thread: on any other, `check_signals` does nothing.
async fn or_ctrl_c<T>(future: impl Future<Output = T>) -> PyResult<T> {
    let mut future = std::pin::pin!(future);
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            result = &mut future => return Ok(result),
            _ = tick.tick() => Python::attach(|py| py.check_signals())?,
        }
    }
}
// ANCHOR_END: ticking

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{Closed, answer, query, query_blocked, query_ticking};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
