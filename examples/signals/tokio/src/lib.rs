//! A query that Ctrl-C can end, whether Python awaits it or is blocked by it.

mod runtime;

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::sync::Notify;
use tokio::time::interval;
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

static SEEN: AtomicU32 = AtomicU32::new(0);

/// How often a `watch_ctrl_c` has seen Ctrl-C.
#[pyfunction]
fn seen() -> u32 {
    SEEN.load(Ordering::SeqCst)
}

/// Ends one query that is being asked, or else the next one.
#[pyfunction]
fn answer() {
    ANSWER.notify_one();
}

// ANCHOR: query
/// A query, and what tells when its own connection is closed.
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
    py.detach(|| {
        println!("the main thread is in Rust");
        get_runtime().block_on(future)
    })
}
// ANCHOR_END: blocked

// ANCHOR: ticking
#[pyfunction]
fn query_ticking(py: Python<'_>) -> PyResult<&'static str> {
    block_on(py, or_ctrl_c(ask(Connection)))
}

/// Await this on the main thread: on any other, `check_signals` does nothing.
async fn or_ctrl_c<T>(future: impl Future<Output = T>) -> PyResult<T> {
    let mut future = pin!(future);
    let mut tick = interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            result = &mut future => return Ok(result),
            _ = tick.tick() => Python::attach(|py| py.check_signals())?,
        }
    }
}
// ANCHOR_END: ticking

// ANCHOR: thief
#[pyfunction]
fn watch_ctrl_c(py: Python<'_>) {
    let (told, installed) = mpsc::channel();
    get_runtime().spawn(async move {
        tokio::select! {
            biased; // The handler first, then the message.
            _ = tokio::signal::ctrl_c() => SEEN.fetch_add(1, Ordering::SeqCst),
            _ = async { told.send(()).is_ok() && pending().await } => 0,
        }
    });
    // Only a task that is gone sends nothing, and then there is nothing to wait for.
    py.detach(move || installed.recv().ok());
}
// ANCHOR_END: thief

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{Closed, answer, query, query_blocked, query_ticking, seen, watch_ctrl_c};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
