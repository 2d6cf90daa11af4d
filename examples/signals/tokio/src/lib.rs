//! A query that Ctrl-C can end, whether Python awaits it or is blocked by it.

use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, RwLock, mpsc};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::sync::{Notify, watch};
use tokio::time::interval;

// ANCHOR: connection
static OPEN: LazyLock<watch::Sender<u32>> = LazyLock::new(|| watch::Sender::new(0));
static ANSWER: Notify = Notify::const_new();

struct Connection;

impl Connection {
    fn open() -> Self {
        OPEN.send_modify(|open| *open += 1);
        Self
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        println!("closed the connection");
        OPEN.send_modify(|open| *open -= 1);
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
#[pyfunction]
fn query(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let asked = ask(Connection::open());
    generic::future_into_py::<Tokio, _, _>(py, async { Ok(asked.await) })
}

/// Ends when no connection is open.
#[pyfunction]
fn closed(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async {
        let all_closed = OPEN.subscribe().wait_for(|open| *open == 0).await.is_ok();
        Ok(all_closed)
    })
}
// ANCHOR_END: query

// ANCHOR: blocked
#[pyfunction]
fn query_blocked(py: Python<'_>) -> &'static str {
    block_on(py, ask(Connection::open()))
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
    block_on(py, or_ctrl_c(ask(Connection::open())))
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
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(answer, module)?)?;
    module.add_function(wrap_pyfunction!(query, module)?)?;
    module.add_function(wrap_pyfunction!(closed, module)?)?;
    module.add_function(wrap_pyfunction!(query_blocked, module)?)?;
    module.add_function(wrap_pyfunction!(query_ticking, module)?)?;
    module.add_function(wrap_pyfunction!(watch_ctrl_c, module)?)?;
    module.add_function(wrap_pyfunction!(seen, module)?)?;
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
