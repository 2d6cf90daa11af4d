//! A ledger that tells Python of each booking, with calls that deadlock and calls that do not.

mod runtime;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use pyo3::{exceptions::PyOverflowError, prelude::*, sync::MutexExt};
use pyo3_async_runtimes::{err::RustPanic, tokio::future_into_py, tokio::get_runtime};
use tokio::{sync::Semaphore, task::JoinError, task::spawn_blocking};

// ANCHOR: book
static TOTAL: Mutex<i64> = Mutex::new(0);

fn ledger() -> MutexGuard<'static, i64> {
    TOTAL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn add(total: &mut i64, amount: i64) -> PyResult<i64> {
    let sum = total.checked_add(amount);
    *total = sum.ok_or_else(|| PyOverflowError::new_err("the total is too large"))?;
    Ok(*total)
}

fn call(tell: &Py<PyAny>, total: i64) -> PyResult<i64> {
    Python::attach(|py| tell.call1(py, (total,)))?;
    Ok(total)
}

/// Adds the amount, and then calls Python with the total.
fn book(amount: i64, tell: &Py<PyAny>) -> PyResult<i64> {
    let total = add(&mut ledger(), amount)?;
    call(tell, total)
}

fn panicked(error: JoinError) -> PyErr {
    RustPanic::new_err(error.to_string())
}

#[pyfunction]
fn book_attached(amount: i64, tell: Py<PyAny>) -> PyResult<i64> {
    let booking = get_runtime().spawn(async move { book(amount, &tell) });
    get_runtime().block_on(booking).map_err(panicked)?
}
// ANCHOR_END: book

// ANCHOR: detached
#[pyfunction]
fn book_detached(py: Python<'_>, amount: i64, tell: Py<PyAny>) -> PyResult<i64> {
    let booking = get_runtime().spawn(async move { book(amount, &tell) });
    py.detach(|| get_runtime().block_on(booking))
        .map_err(panicked)?
}
// ANCHOR_END: detached

// ANCHOR: inline
#[pyfunction]
fn book_inline(amount: i64, tell: Py<PyAny>) -> PyResult<i64> {
    get_runtime().block_on(async { book(amount, &tell) })
}
// ANCHOR_END: inline

// ANCHOR: on_worker
#[pyfunction]
fn book_on_worker(py: Python<'_>, amount: i64, tell: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { book(amount, &tell) })
}

#[pyfunction]
fn book_silently(py: Python<'_>, amount: i64) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { add(&mut ledger(), amount) })
}
// ANCHOR_END: on_worker

// ANCHOR: on_blocking_thread
/// Fewer than the runtime's 32 blocking threads: the others deliver results.
static CALLERS: Semaphore = Semaphore::const_new(16);

async fn blocking(work: impl FnOnce() -> PyResult<i64> + Send + 'static) -> PyResult<i64> {
    let permit = CALLERS.acquire().await.expect("it is never closed");
    // A cancel does not end the work, so the work keeps the permit.
    let work = spawn_blocking(|| (work(), drop(permit)).0);
    work.await.map_err(panicked)?
}

#[pyfunction]
fn book_on_thread(py: Python<'_>, amount: i64, tell: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, blocking(move || book(amount, &tell)))
}
// ANCHOR_END: on_blocking_thread

// ANCHOR: order
#[pyfunction]
fn book_locked(py: Python<'_>, amount: i64, tell: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let booking = blocking(move || {
        let mut total = ledger();
        call(&tell, add(&mut total, amount)?)
    });
    future_into_py(py, booking)
}

#[pyfunction]
fn total_attached() -> i64 {
    *ledger()
}
// ANCHOR_END: order

// ANCHOR: total
#[pyfunction]
fn total(py: Python<'_>) -> i64 {
    let total = TOTAL.lock_py_attached(py);
    *total.unwrap_or_else(PoisonError::into_inner)
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
mod _native {
    #[pymodule_export]
    use super::{
        book_attached, book_detached, book_inline, book_locked, book_on_thread, book_on_worker,
        book_silently, sum_attached, sum_detached, total, total_attached,
    };
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        pyo3_log::init();
        crate::runtime::set_up(module.py())
    }
}
