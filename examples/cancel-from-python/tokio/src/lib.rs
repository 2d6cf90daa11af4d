//! A query on a connection, run in several ways, each of which Python can cancel.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Condvar, LazyLock, Mutex, RwLock};
use std::thread;
use std::time::Duration;

use pyo3::coroutine::CancelHandle;
use pyo3::exceptions::PyTimeoutError;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

// ANCHOR: connection
/// What a query holds and must give back. Each step is noted, with its thread.
struct Connection(&'static str);

impl Connection {
    fn open(name: &'static str) -> Self {
        OPEN.send_modify(|open| *open += 1);
        note(name, "opened");
        Connection(name)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        note(self.0, "closed");
        OPEN.send_modify(|open| *open -= 1);
    }
}

/// Waits until the script calls `answer`.
async fn ask(name: &'static str) -> &'static str {
    let _connection = Connection::open(name);
    let answer = ANSWERS.acquire().await;
    answer.expect("nobody closes the semaphore").forget();
    note(name, "answered");
    "42"
}
// ANCHOR_END: connection

// ANCHOR: query
#[pyfunction]
fn query(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async { Ok(ask("query").await) })
}
// ANCHOR_END: query

// ANCHOR: in_task
#[pyfunction]
fn query_in_task(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async {
        let task = tokio::spawn(ask("task"));
        Ok(task.await.expect("the task does not panic"))
    })
}
// ANCHOR_END: in_task

// ANCHOR: in_owned_task
/// A task that ends with the future that awaits it.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[pyfunction]
fn query_in_owned_task(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async {
        let mut task = AbortOnDrop(tokio::spawn(ask("owned task")));
        Ok((&mut task.0).await.expect("the task does not panic"))
    })
}
// ANCHOR_END: in_owned_task

// ANCHOR: in_join_set
#[pyfunction]
fn query_in_join_set(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async {
        let mut tasks = JoinSet::new();
        tasks.spawn(ask("first of set"));
        tasks.spawn(ask("second of set"));
        Ok(tasks.join_all().await)
    })
}
// ANCHOR_END: in_join_set

// ANCHOR: compute
/// Computes until it has the answer, on the thread that polls it.
#[pyfunction]
fn compute(py: Python<'_>, yields: bool) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let _connection = Connection::open("compute");
        while !found("compute") {
            if yields {
                tokio::task::yield_now().await;
            }
        }
        Ok("42")
    })
}
// ANCHOR_END: compute

// ANCHOR: compute_in_thread
/// Computes on a thread for blocking work; that thread looks whether anyone still waits.
#[pyfunction]
fn compute_in_thread(py: Python<'_>, looks: bool) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let (sender, answer) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let _connection = Connection::open("thread");
            while !found("thread") {
                if looks && sender.is_closed() {
                    return;
                }
            }
            // Nobody may be left to take it.
            sender.send("42").ok();
        });
        Ok(answer.await.expect("the closure sends while this waits"))
    })
}
// ANCHOR_END: compute_in_thread

// ANCHOR: closed
/// Ends when no connection is open.
#[pyfunction]
fn closed(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async {
        let mut open = OPEN.subscribe();
        let none = open.wait_for(|open| *open == 0).await;
        none.expect("a static is not dropped");
        Ok(None::<()>)
    })
}
// ANCHOR_END: closed

// ANCHOR: async_fn
/// PyO3's own `async fn`.
#[pyfunction]
async fn coroutine() -> &'static str {
    ask("coroutine").await
}

/// The same, and it is told when Python cancels it.
#[pyfunction]
async fn told(#[pyo3(cancel_handle)] mut cancel: CancelHandle) -> PyResult<&'static str> {
    let mut asking = pin!(ask("told"));
    tokio::select! {
        answer = &mut asking => Ok(answer),
        exception = cancel.cancelled() => {
            note("told", "cancelled");
            Err(Python::attach(|py| PyErr::from_value(exception.into_bound(py))))
        }
    }
}

/// It could be told, and does not listen.
#[pyfunction]
async fn deaf(#[pyo3(cancel_handle)] _cancel: CancelHandle) -> &'static str {
    ask("deaf").await
}
// ANCHOR_END: async_fn

static OPEN: LazyLock<watch::Sender<u32>> = LazyLock::new(|| watch::Sender::new(0));
static ANSWERS: Semaphore = Semaphore::const_new(0);
static NOTES: Mutex<VecDeque<(&str, &str, String)>> = Mutex::new(VecDeque::new());
static NOTED: Condvar = Condvar::new();

/// One answer, for one query or computation.
#[pyfunction]
fn answer() {
    ANSWERS.add_permits(1);
}

/// One slice of a computation: true if it has found the answer.
fn found(name: &'static str) -> bool {
    let found = ANSWERS.try_acquire().map(|answer| answer.forget()).is_ok();
    if found {
        note(name, "answered");
    }
    found
}

fn note(name: &'static str, step: &'static str) {
    // Before the lock: a holder of the lock must not wait for the interpreter.
    let thread = this_thread();
    let mut notes = NOTES.lock().expect("no holder panics");
    notes.push_back((name, step, thread));
    NOTED.notify_one();
}

/// Rust's name for a thread of tokio, Python's for all others.
fn this_thread() -> String {
    let python = |py: Python<'_>| -> PyResult<String> {
        let thread = py.import("threading")?.call_method0("current_thread")?;
        thread.getattr("name")?.extract()
    };
    match thread::current().name() {
        Some(name) => name.to_owned(),
        None => Python::attach(python).unwrap_or_default(),
    }
}

/// Blocks until the next step of a query: who, what, and on which thread.
#[pyfunction]
fn next_step(py: Python<'_>) -> PyResult<(&'static str, &'static str, String)> {
    let minute = Duration::from_secs(60);
    let step = py.detach(|| {
        let notes = NOTES.lock().expect("no holder panics");
        let (mut notes, _) = NOTED
            .wait_timeout_while(notes, minute, |notes| notes.is_empty())
            .expect("no holder panics");
        notes.pop_front()
    });
    step.ok_or_else(|| PyTimeoutError::new_err("no step for a minute"))
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(query, module)?)?;
    module.add_function(wrap_pyfunction!(query_in_task, module)?)?;
    module.add_function(wrap_pyfunction!(query_in_owned_task, module)?)?;
    module.add_function(wrap_pyfunction!(query_in_join_set, module)?)?;
    module.add_function(wrap_pyfunction!(compute, module)?)?;
    module.add_function(wrap_pyfunction!(compute_in_thread, module)?)?;
    module.add_function(wrap_pyfunction!(closed, module)?)?;
    module.add_function(wrap_pyfunction!(coroutine, module)?)?;
    module.add_function(wrap_pyfunction!(told, module)?)?;
    module.add_function(wrap_pyfunction!(deaf, module)?)?;
    module.add_function(wrap_pyfunction!(answer, module)?)?;
    module.add_function(wrap_pyfunction!(next_step, module)?)?;
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
