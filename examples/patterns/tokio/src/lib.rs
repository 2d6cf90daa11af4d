//! Rates of currencies, given to Python in slow ways and in fast ones.

use std::collections::BTreeMap;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

// ANCHOR: ask
/// Asks for the rate of a currency. It is not ready at its first poll, so it needs its runtime.
async fn ask(code: u64) -> u64 {
    tokio::task::yield_now().await;
    2 * code + 1
}

#[pyfunction]
fn bridged(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move { Ok(ask(code).await) })
}
// ANCHOR_END: ask

// ANCHOR: many
#[pyfunction]
fn bridged_many(py: Python<'_>, codes: Vec<u64>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let mut rates = Vec::with_capacity(codes.len());
        for code in codes {
            rates.push(ask(code).await);
        }
        Ok(rates)
    })
}
// ANCHOR_END: many

// ANCHOR: bridged_ready
#[pyfunction]
fn bridged_ready(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move { Ok(2 * code + 1) })
}
// ANCHOR_END: bridged_ready

// ANCHOR: ready
#[pyfunction]
async fn ready(code: u64) -> u64 {
    2 * code + 1
}
// ANCHOR_END: ready

// ANCHOR: cached
static KNOWN: Mutex<BTreeMap<u64, u64>> = Mutex::new(BTreeMap::new());

/// The rate if it is known: an object, and no future.
#[pyfunction]
fn cached(code: u64) -> Option<u64> {
    known().get(&code).copied()
}

#[pyfunction]
fn fetch(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let rate = ask(code).await;
        known().insert(code, rate);
        Ok(rate)
    })
}
// ANCHOR_END: cached

// ANCHOR: in_task
#[pyfunction]
async fn in_task(code: u64) -> PyResult<u64> {
    // The receiver is dropped before the task is aborted, so an abort wakes nobody.
    let mut asking = JoinSet::new();
    let (sender, answer) = oneshot::channel();
    let asked = async move {
        let rate = ask(code).await;
        wake(sender, rate);
    };
    asking.spawn_on(asked, get_runtime().handle());
    let answer = answer.await;
    answer.map_err(|error| PyRuntimeError::new_err(error.to_string()))
}

/// Wakes the event loop: this thread of tokio waits for the interpreter, so Python must not end yet.
fn wake(sender: oneshot::Sender<u64>, rate: u64) {
    let delivering = DELIVERING
        .read()
        .expect("no delivery writes, so none can poison it");
    if *delivering {
        // Nobody may be left to take it.
        sender.send(rate).ok();
    } else {
        // To drop it would wake the loop too.
        mem::forget(sender);
    }
}
// ANCHOR_END: in_task

// ANCHOR: attach_each
#[pyfunction]
fn attach_each(py: Python<'_>, codes: Vec<u64>) -> PyResult<Bound<'_, PyAny>> {
    let list = PyList::empty(py).unbind();
    generic::future_into_py::<Tokio, _, _>(py, async move {
        for code in codes {
            let rate = ask(code).await;
            Python::attach(|py| list.bind(py).append(rate))?;
        }
        Ok(list)
    })
}
// ANCHOR_END: attach_each

fn known() -> MutexGuard<'static, BTreeMap<u64, u64>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(bridged, module)?)?;
    module.add_function(wrap_pyfunction!(bridged_many, module)?)?;
    module.add_function(wrap_pyfunction!(bridged_ready, module)?)?;
    module.add_function(wrap_pyfunction!(ready, module)?)?;
    module.add_function(wrap_pyfunction!(cached, module)?)?;
    module.add_function(wrap_pyfunction!(fetch, module)?)?;
    module.add_function(wrap_pyfunction!(in_task, module)?)?;
    module.add_function(wrap_pyfunction!(attach_each, module)?)?;
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    let atexit = module.py().import("atexit")?;
    atexit.call_method1("register", (at_exit,))?;
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
