//! A Rust sleep for the loop that runs, and one for a loop that does not run yet, with pyo3-asyncio.

use std::any::Any;
use std::cell::RefCell;
use std::future::{poll_fn, Future};
use std::panic::AssertUnwindSafe;
use std::pin::{pin, Pin};
use std::sync::RwLock;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_asyncio::{generic, TaskLocals};

// ANCHOR: rust_sleep
/// Starts a sleep whose end goes to the running event loop.
#[pyfunction]
fn rust_sleep(py: Python<'_>, seconds: f64) -> PyResult<&PyAny> {
    generic::future_into_py::<AsyncStd, _, _>(py, sleep(seconds))
}

async fn sleep(seconds: f64) -> PyResult<Option<()>> {
    let duration = Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    async_std::task::sleep(duration).await;
    Ok(None)
}
// ANCHOR_END: rust_sleep

// ANCHOR: rust_sleep_on
/// Starts a sleep whose end goes to `event_loop`, which need not run yet.
#[pyfunction]
fn rust_sleep_on(event_loop: &PyAny, seconds: f64) -> PyResult<&PyAny> {
    let py = event_loop.py();
    let locals = TaskLocals::new(event_loop).copy_context(py)?;
    generic::future_into_py_with_locals::<AsyncStd, _, _>(py, locals, sleep(seconds))
}
// ANCHOR_END: rust_sleep_on

#[pymodule]
fn _native(py: Python<'_>, module: &PyModule) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(rust_sleep, module)?)?;
    module.add_function(wrap_pyfunction!(rust_sleep_on, module)?)?;
    let at_exit = wrap_pyfunction!(stop_polling, module)?;
    py.import("atexit")?.call_method1("register", (at_exit,))?;
    Ok(())
}

/// Whether tasks may run. Each poll of one holds the lock for reading.
static POLLING: RwLock<bool> = RwLock::new(true);

/// Waits for the polls under way and refuses all later ones.
#[pyfunction]
fn stop_polling(py: Python<'_>) {
    // A poll may need the interpreter to finish: let go of it, or this waits for ever.
    py.allow_threads(|| {
        *POLLING
            .write()
            .expect("no poll writes, so none can poison it") = false
    });
}

/// Polls `future` until the interpreter exits: any poll may be the one that hands over its result.
async fn until_exit<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polling = POLLING
            .read()
            .expect("no poll writes, so none can poison it");
        if *polling {
            return future.as_mut().poll(context);
        }
        Poll::Pending
    })
    .await
}

/// The async-std runtime, with tasks that stop before the interpreter does.
struct AsyncStd;

impl generic::Runtime for AsyncStd {
    type JoinError = Panic;
    type JoinHandle = async_std::task::JoinHandle<Result<(), Panic>>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        async_std::task::spawn(
            AssertUnwindSafe(until_exit(future))
                .catch_unwind()
                .map(|end| end.map_err(Panic)),
        )
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
