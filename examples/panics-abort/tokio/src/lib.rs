//! A native module that is compiled with `panic=abort`: its panic ends the process.

use std::future::Future;
use std::pin::Pin;
use std::sync::RwLock;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};

#[pyfunction]
fn pick(py: Python<'_>, items: Vec<String>, index: usize) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move { Ok(items[index].clone()) })
}

#[pyfunction]
fn pick_now(items: Vec<String>, index: usize) -> String {
    items[index].clone()
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(pick, module)?)?;
    module.add_function(wrap_pyfunction!(pick_now, module)?)?;
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
