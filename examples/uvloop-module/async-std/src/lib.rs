//! A Rust sleep whose end goes to whichever event loop awaits it, uvloop's too.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::RwLock;
use std::time::Duration;

use futures_util::FutureExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_async_runtimes::{TaskLocals, generic};

// ANCHOR: rust_sleep
/// Starts a sleep whose end goes to the running event loop.
#[pyfunction]
fn rust_sleep(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<AsyncStd, _, _>(py, sleep(seconds))
}

async fn sleep(seconds: f64) -> PyResult<Option<()>> {
    let duration = Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    async_std::task::sleep(duration).await;
    Ok(None)
}
// ANCHOR_END: rust_sleep

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(rust_sleep, module)?)?;
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

/// The async-std runtime, with deliveries that end before the interpreter does.
struct AsyncStd;

impl generic::Runtime for AsyncStd {
    type JoinError = Panic;
    type JoinHandle = async_std::task::JoinHandle<Result<(), Panic>>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        async_std::task::spawn(
            AssertUnwindSafe(future)
                .catch_unwind()
                .map(|end| end.map_err(Panic)),
        )
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        async_std::task::spawn_blocking(|| {
            let delivering = DELIVERING
                .read()
                .expect("no delivery writes, so none can poison it");
            if *delivering {
                return catch_unwind(AssertUnwindSafe(deliver)).map_err(Panic);
            }
            Ok(())
        })
    }
}

/// What a task panicked with; async-std itself has no such error.
struct Panic(Box<dyn Any + Send + 'static>);

impl generic::JoinError for Panic {
    fn is_panic(&self) -> bool {
        true
    }

    fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        self.0
    }
}

async_std::task_local! {
    static LOCALS: RefCell<Option<TaskLocals>> = RefCell::new(None);
}

impl generic::ContextExt for AsyncStd {
    fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(async move {
            LOCALS.with(|cell| cell.replace(Some(locals)));
            future.await
        })
    }

    fn get_task_locals() -> Option<TaskLocals> {
        LOCALS.try_with(|cell| cell.borrow().clone()).ok().flatten()
    }
}
