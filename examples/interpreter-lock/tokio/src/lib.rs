//! A ledger of Rust that tells Python of each booking, with calls that freeze the process and calls that do not.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, RwLock};
use std::time::{Duration, Instant};
use std::{io, thread};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic};
use tokio::sync::Semaphore;

// ANCHOR: book
static TOTAL: Mutex<i64> = Mutex::new(0);

fn add(amount: i64) -> i64 {
    let mut total = TOTAL.lock().expect("no holder panics");
    *total += amount;
    *total
}

/// Calls Python with the total. It knocks when it is about to wait for the interpreter.
fn call(tell: &Py<PyAny>, total: i64) -> PyResult<i64> {
    KNOCKS.add_permits(1);
    Python::attach(|py| tell.call1(py, (total,)))?;
    Ok(total)
}

async fn book(amount: i64, tell: Py<PyAny>) -> PyResult<i64> {
    let booking = tokio::spawn(async move { call(&tell, add(amount)) });
    booking.await.map_err(io::Error::from)?
}

#[pyfunction]
fn book_attached(amount: i64, tell: Py<PyAny>) -> PyResult<i64> {
    get_runtime().block_on(book(amount, tell))
}
// ANCHOR_END: book

// ANCHOR: detached
#[pyfunction]
fn book_detached(py: Python<'_>, amount: i64, tell: Py<PyAny>) -> PyResult<i64> {
    py.detach(|| get_runtime().block_on(book(amount, tell)))
}
// ANCHOR_END: detached

// ANCHOR: inline
#[pyfunction]
fn book_inline(amount: i64, tell: Py<PyAny>) -> PyResult<i64> {
    get_runtime().block_on(async { call(&tell, add(amount)) })
}
// ANCHOR_END: inline

static KNOCKS: Semaphore = Semaphore::const_new(0);

/// Waits for threads that are about to attach, and stays attached.
#[pyfunction]
#[pyo3(signature = (times=1))]
fn until_knocked(times: u32) {
    let knocks = get_runtime().block_on(KNOCKS.acquire_many(times));
    knocks.expect("nobody closes the semaphore").forget();
}

// ANCHOR: on_worker
#[pyfunction]
fn book_on_worker(py: Python<'_>, amount: i64, tell: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move { call(&tell, add(amount)) })
}

#[pyfunction]
fn book_silently(py: Python<'_>, amount: i64) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move { Ok(add(amount)) })
}
// ANCHOR_END: on_worker

// ANCHOR: on_blocking_thread
async fn blocking(work: impl FnOnce() -> PyResult<i64> + Send + 'static) -> PyResult<i64> {
    let work = get_runtime().spawn_blocking(work);
    work.await.map_err(io::Error::from)?
}

#[pyfunction]
fn book_on_blocking_thread(
    py: Python<'_>,
    amount: i64,
    tell: Py<PyAny>,
) -> PyResult<Bound<'_, PyAny>> {
    let booking = blocking(move || call(&tell, add(amount)));
    generic::future_into_py::<Tokio, _, _>(py, booking)
}
// ANCHOR_END: on_blocking_thread

// ANCHOR: beat
static BEATS: Mutex<Vec<Instant>> = Mutex::new(Vec::new());

async fn beat() {
    let mut every = tokio::time::interval(Duration::from_millis(10));
    loop {
        every.tick().await;
        BEATS.lock().expect("no holder panics").push(Instant::now());
    }
}

/// Stays attached for that long, or until there were enough beats, as a call that computes.
/// Returns how many beats there were, and the longest time in seconds without one.
#[pyfunction]
#[pyo3(signature = (seconds, enough=None))]
fn hold(seconds: f64, enough: Option<usize>) -> (usize, f64) {
    let start = Instant::now();
    loop {
        thread::sleep(Duration::from_millis(1));
        let mut times = vec![start];
        let beats = BEATS.lock().expect("no holder panics");
        times.extend(beats.iter().filter(|beat| **beat > start));
        let count = times.len() - 1;
        if start.elapsed().as_secs_f64() >= seconds || enough.is_some_and(|enough| count >= enough)
        {
            times.push(Instant::now());
            let pauses = times.windows(2).map(|pair| pair[1] - pair[0]);
            return (count, pauses.max().unwrap_or_default().as_secs_f64());
        }
    }
}
// ANCHOR_END: beat

// ANCHOR: order
#[pyfunction]
fn book_locked(py: Python<'_>, amount: i64, tell: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let booking = blocking(move || {
        let mut total = TOTAL.lock().expect("no holder panics");
        *total += amount;
        call(&tell, *total)
    });
    generic::future_into_py::<Tokio, _, _>(py, booking)
}

#[pyfunction]
fn total_attached() -> i64 {
    *TOTAL.lock().expect("no holder panics")
}
// ANCHOR_END: order

// ANCHOR: total
#[pyfunction]
fn total(py: Python<'_>) -> i64 {
    *TOTAL.lock_py_attached(py).expect("no holder panics")
}
// ANCHOR_END: total

// ANCHOR: sum
fn sum(amounts: &[i64]) -> i64 {
    let summing = || {
        log::debug!("a thread sums {} amounts", amounts.len());
        amounts.iter().sum()
    };
    thread::scope(|scope| scope.spawn(summing).join()).expect("neither sum nor log panics")
}

#[pyfunction]
fn sum_attached(amounts: Vec<i64>) -> i64 {
    sum(&amounts)
}
// ANCHOR_END: sum

// ANCHOR: sum_detached
#[pyfunction]
fn sum_detached(py: Python<'_>, amounts: Vec<i64>) -> i64 {
    py.detach(|| sum(&amounts))
}
// ANCHOR_END: sum_detached

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    pyo3_log::init();
    module.add_function(wrap_pyfunction!(book_attached, module)?)?;
    module.add_function(wrap_pyfunction!(book_detached, module)?)?;
    module.add_function(wrap_pyfunction!(book_inline, module)?)?;
    module.add_function(wrap_pyfunction!(book_locked, module)?)?;
    module.add_function(wrap_pyfunction!(book_on_blocking_thread, module)?)?;
    module.add_function(wrap_pyfunction!(book_on_worker, module)?)?;
    module.add_function(wrap_pyfunction!(book_silently, module)?)?;
    module.add_function(wrap_pyfunction!(hold, module)?)?;
    module.add_function(wrap_pyfunction!(start_beating, module)?)?;
    module.add_function(wrap_pyfunction!(sum_attached, module)?)?;
    module.add_function(wrap_pyfunction!(sum_detached, module)?)?;
    module.add_function(wrap_pyfunction!(total, module)?)?;
    module.add_function(wrap_pyfunction!(total_attached, module)?)?;
    module.add_function(wrap_pyfunction!(until_knocked, module)?)?;
    let py = module.py();
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    py.import("atexit")?.call_method1("register", (at_exit,))?;
    Ok(())
}

#[pyfunction]
fn start_beating() {
    get_runtime().spawn(beat());
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
