//! One call in each of the ways that cross from Python to Rust and back, to measure what each costs.

mod runtime;

use std::any::Any;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard, mpsc};
use std::task::Poll;
use std::thread;

use futures_util::FutureExt;
use futures_util::future::join_all;
use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration};
use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime, into_future};
use pyo3_async_runtimes::{TaskLocals, generic, get_running_loop};
use tokio::sync::{Semaphore, oneshot};

type Nothing = PyResult<Option<()>>;

// ANCHOR: bridge
async fn ready() -> Nothing {
    Ok(None)
}

#[pyfunction]
fn bridge(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, ready())
}
// ANCHOR_END: bridge

#[pyfunction]
fn bridge_hop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async {
        get_runtime().spawn(ready()).await.map_err(panicked)?
    })
}

/// Calls that wait here are in flight until `release` lets them go.
static GATE: Semaphore = Semaphore::const_new(0);

async fn held() -> Nothing {
    GATE.acquire().await.map_err(failed)?.forget();
    Ok(None)
}

#[pyfunction]
fn release(calls: usize) {
    GATE.add_permits(calls);
}

#[pyfunction]
fn bridge_held(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, held())
}

#[pyfunction]
fn bridge_async_std(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<AsyncStd, _, _>(py, ready())
}

#[pyfunction]
fn bridge_async_std_held(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<AsyncStd, _, _>(py, held())
}

// ANCHOR: polled
#[pyfunction]
async fn polled() -> Nothing {
    ready().await
}

/// Wakes itself while it is polled, so the loop polls it once more.
#[pyfunction]
async fn polled_twice() -> Nothing {
    let mut woken = false;
    poll_fn(|context| {
        if woken {
            return Poll::Ready(Ok(None));
        }
        woken = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}
// ANCHOR_END: polled

#[pyfunction]
async fn polled_held() -> Nothing {
    held().await
}

/// The answer of a task on tokio, sent by a blocking thread.
#[pyfunction]
async fn polled_spawned() -> Nothing {
    let (sender, answer) = oneshot::channel();
    get_runtime().spawn(async {
        let result = ready().await;
        get_runtime().spawn_blocking(|| drop(sender.send(result)));
    });
    answer.await.map_err(failed)?
}

/// The answer of a task on tokio, sent by the worker itself, which waits for the GIL there.
#[pyfunction]
async fn polled_worker() -> Nothing {
    let (sender, answer) = oneshot::channel();
    get_runtime().spawn(async {
        drop(sender.send(ready().await));
    });
    answer.await.map_err(failed)?
}

// ANCHOR: later
/// The same, but the task answers while the loop already waits, so the answer must wake the loop.
#[pyfunction]
async fn polled_later() -> Nothing {
    let (sender, mut answer) = oneshot::channel();
    let (waits, loop_waits) = oneshot::channel::<()>();
    get_runtime().spawn(async {
        let waited = loop_waits.await.map_err(failed);
        drop(sender.send(waited.map(|()| None)));
    });
    let mut waits = Some(waits);
    poll_fn(|context| {
        let poll = answer.poll_unpin(context);
        // This poll has stored its waker for the answer.
        if let Some(waits) = waits.take() {
            let _ = waits.send(());
        }
        poll.map(|answer| answer.map_err(failed)?)
    })
    .await
}
// ANCHOR_END: later

/// A future that has its result before it is awaited.
#[pyfunction]
fn done(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let future = get_running_loop(py)?.call_method0("create_future")?;
    future.call_method1("set_result", (py.None(),))?;
    Ok(future)
}

/// A future that gets its result in the next iteration of the loop.
#[pyfunction]
fn on_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let event_loop = get_running_loop(py)?;
    let future = event_loop.call_method0("create_future")?;
    let set_result = future.getattr("set_result")?;
    event_loop.call_method1("call_soon", (set_result, py.None()))?;
    Ok(future)
}

// ANCHOR: from_thread
type ToSet = (Py<PyAny>, Py<PyAny>);

/// A thread that does nothing but set results.
static SETTER: LazyLock<mpsc::Sender<ToSet>> = LazyLock::new(|| {
    let (sender, receiver) = mpsc::channel::<ToSet>();
    thread::spawn(move || {
        for (event_loop, future) in receiver {
            let delivering = delivering();
            if !*delivering {
                break;
            }
            let set = Python::attach(|py| {
                let set_result = future.getattr(py, "set_result")?;
                event_loop.call_method1(py, "call_soon_threadsafe", (set_result, py.None()))
            });
            if set.is_err() {
                break;
            }
        }
    });
    sender
});

#[pyfunction]
fn from_thread(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let event_loop = get_running_loop(py)?;
    let future = event_loop.call_method0("create_future")?;
    let to_set = (event_loop.unbind(), future.clone().unbind());
    SETTER.send(to_set).map_err(failed)?;
    Ok(future)
}
// ANCHOR_END: from_thread

/// Spawns and awaits so many tasks, `in_flight` at a time, and never leaves Rust.
#[pyfunction]
fn rust_only(py: Python<'_>, calls: usize, in_flight: usize) -> PyResult<()> {
    let spawning = get_runtime().spawn(async move {
        let mut left = calls;
        while left > 0 {
            let now = in_flight.clamp(1, left);
            let tasks = (0..now).map(|_| tokio::spawn(ready()));
            // They are all spawned before the first is awaited.
            join_all(tasks.collect::<Vec<_>>()).await;
            left -= now;
        }
    });
    py.detach(|| get_runtime().block_on(spawning))
        .map_err(panicked)
}

/// Awaits so many coroutines of Python, one after the other.
#[pyfunction]
fn await_python(py: Python<'_>, function: Py<PyAny>, calls: usize) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        for _ in 0..calls {
            let called = Python::attach(|py| into_future(function.bind(py).call0()?));
            called?.await?;
        }
        Ok(None::<()>)
    })
}

// ANCHOR: callbacks
/// Calls back from a blocking thread, and attaches to the interpreter for each call.
#[pyfunction]
fn attach_each(py: Python<'_>, function: Py<PyAny>, calls: usize) -> PyResult<Bound<'_, PyAny>> {
    let call =
        move || (0..calls).try_for_each(|_| Python::attach(|py| function.call0(py).map(drop)));
    on_blocking_thread(py, call)
}

/// Calls back from a blocking thread that attaches once for all calls.
#[pyfunction]
fn attach_once(py: Python<'_>, function: Py<PyAny>, calls: usize) -> PyResult<Bound<'_, PyAny>> {
    let call =
        move || Python::attach(|py| (0..calls).try_for_each(|_| function.call0(py).map(drop)));
    on_blocking_thread(py, call)
}
// ANCHOR_END: callbacks

fn on_blocking_thread(
    py: Python<'_>,
    work: impl FnOnce() -> PyResult<()> + Send + 'static,
) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async {
        let working = get_runtime().spawn_blocking(work).await;
        working.map_err(panicked)?.map(|()| None::<()>)
    })
}

/// Numbers that are ready: what remains is the cost of handing them over.
#[pyclass(frozen)]
struct Items {
    left: Arc<AtomicU32>,
}

#[pymethods]
impl Items {
    #[new]
    fn new(count: u32) -> Self {
        let left = Arc::new(AtomicU32::new(count));
        Self { left }
    }

    fn __aiter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let left = Arc::clone(&self.left);
        future_into_py(py, async move {
            let end = || PyStopAsyncIteration::new_err(());
            take(&left, 1).first().copied().ok_or_else(end)
        })
    }

    /// At most so many; none at the end.
    fn batch<'py>(&self, py: Python<'py>, most: u32) -> PyResult<Bound<'py, PyAny>> {
        let left = Arc::clone(&self.left);
        future_into_py(py, async move { Ok(take(&left, most)) })
    }
}

fn take(left: &AtomicU32, most: u32) -> Vec<u32> {
    let before = left.load(Ordering::Relaxed);
    let after = before.saturating_sub(most);
    left.store(after, Ordering::Relaxed);
    (after..before).rev().collect()
}

fn panicked(error: tokio::task::JoinError) -> PyErr {
    RustPanic::new_err(error.to_string())
}

fn failed(error: impl std::error::Error) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::{
        Items, attach_each, attach_once, await_python, bridge, bridge_async_std,
        bridge_async_std_held, bridge_held, bridge_hop, done, from_thread, on_loop, polled,
        polled_held, polled_later, polled_spawned, polled_twice, polled_worker, release, rust_only,
    };

    /// Lets the benchmark refuse a module that was compiled without optimisation.
    #[pymodule_export]
    const OPTIMISED: bool = !cfg!(debug_assertions);

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        let at_exit = wrap_pyfunction!(stop_deliveries, py)?;
        py.import("atexit")?.call_method1("register", (at_exit,))?;
        crate::runtime::set_up(py)?;
        limit_blocking_threads()
    }
}

/// Gives the runtime another limit than `runtime.rs` does, to measure what the limit costs.
///
/// Such a runtime is not stopped at exit: the measuring process ends with `os._exit`.
fn limit_blocking_threads() -> PyResult<()> {
    if let Ok(limit) = std::env::var("CROSSING_BLOCKING_THREADS") {
        let limit = limit.parse().map_err(failed)?;
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.enable_all().max_blocking_threads(limit);
        pyo3_async_runtimes::tokio::init(builder);
    }
    Ok(())
}

/// Whether async-std and the thread that sets results may call Python, under the lock.
///
/// The threads of tokio are stopped by `runtime.rs`.
static DELIVERING: RwLock<bool> = RwLock::new(true);

fn delivering() -> RwLockReadGuard<'static, bool> {
    DELIVERING.read().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for the deliveries under way and refuses all later ones.
#[pyfunction]
fn stop_deliveries(py: Python<'_>) {
    // Deliveries need the GIL to finish: without the detach, this would deadlock.
    py.detach(|| *DELIVERING.write().unwrap_or_else(PoisonError::into_inner) = false);
}

/// The async-std runtime, with deliveries that end before Python finalizes.
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
            let delivering = delivering();
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
    static ASYNC_STD_LOCALS: RefCell<Option<TaskLocals>> = RefCell::new(None);
}

impl generic::ContextExt for AsyncStd {
    fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(async move {
            ASYNC_STD_LOCALS.with(|cell| cell.replace(Some(locals)));
            future.await
        })
    }

    fn get_task_locals() -> Option<TaskLocals> {
        let locals = ASYNC_STD_LOCALS.try_with(|cell| cell.borrow().clone());
        locals.ok().flatten()
    }
}
