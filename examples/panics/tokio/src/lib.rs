//! A native module whose Rust code panics, and a wrapper that tells Python what panicked and where.

mod runtime;

use std::any::Any;
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyIndexError;
use pyo3::panic::PanicException;
use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::{future_into_py, into_future};

// ANCHOR: pick
#[pyfunction]
fn pick(py: Python<'_>, items: Vec<String>, index: usize) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(items[index].clone()) })
}

#[pyfunction]
async fn pick_polled(items: Vec<String>, index: usize) -> String {
    items[index].clone()
}

#[pyfunction]
fn pick_now(items: Vec<String>, index: usize) -> String {
    items[index].clone()
}
// ANCHOR_END: pick

// ANCHOR: payload
async fn panic_with(payload: String) -> PyResult<String> {
    match payload.as_str() {
        "&str" => panic!("nothing to pick"),
        "String" => panic!("nothing to pick in {payload}"),
        _ => panic::panic_any(payload.len()),
    }
}

#[pyfunction]
fn panicked(py: Python<'_>, payload: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, panic_with(payload))
}

#[pyfunction]
fn panicked_caught(py: Python<'_>, payload: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, caught(panic_with(payload)))
}
// ANCHOR_END: payload

// ANCHOR: caught
thread_local! {
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the place of each panic for `caught`, then calls the previous hook.
fn remember_places() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        PLACE.set(
            panicked
                .location()
                .map(ToString::to_string)
                .unwrap_or_default(),
        );
        before(panicked);
    }));
}

/// Runs a future, and makes an error of its panic.
async fn caught<T>(future: impl Future<Output = PyResult<T>>) -> PyResult<T> {
    let mut future = pin!(future);
    poll_fn(|context| {
        // A future that panicked is not polled again, so its broken state stays unseen.
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))).unwrap_or_else(|payload| {
            let message = format!("{} at {}", message(&*payload), PLACE.take());
            Poll::Ready(Err(RustPanic::new_err(message)))
        })
    })
    .await
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text")
}
// ANCHOR_END: caught

// ANCHOR: late
struct Picked(Vec<String>, usize);

impl<'py> IntoPyObject<'py> for Picked {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Self::Error> {
        let Self(items, index) = self;
        items[index].as_str().into_pyobject(py)
    }
}

#[pyfunction]
fn pick_late(py: Python<'_>, items: Vec<String>, index: usize) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(Picked(items, index)) })
}
// ANCHOR_END: late

// ANCHOR: in_time
#[pyfunction]
fn pick_in_time(py: Python<'_>, items: Vec<String>, index: usize) -> PyResult<Bound<'_, PyAny>> {
    let work = async move { Python::attach(|py| Picked(items, index).into_py_any(py)) };
    future_into_py(py, caught(work))
}
// ANCHOR_END: in_time

// ANCHOR: checked
struct Checked(Vec<String>, usize);

impl<'py> IntoPyObject<'py> for Checked {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Self::Error> {
        let Self(items, index) = self;
        let item = items
            .get(index)
            .ok_or_else(|| PyIndexError::new_err(format!("no item {index}")))?;
        Ok(item.as_str().into_pyobject(py)?)
    }
}

#[pyfunction]
fn pick_checked(py: Python<'_>, items: Vec<String>, index: usize) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(Checked(items, index)) })
}
// ANCHOR_END: checked

// ANCHOR: awaited
#[pyfunction]
fn pass_on(awaitable: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = awaitable.py();
    future_into_py(py, into_future(awaitable)?)
}
// ANCHOR_END: awaited

// ANCHOR: classes
#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::{panicked, panicked_caught, pass_on, pick, pick_checked, pick_in_time, pick_late};
    #[pymodule_export]
    use super::{pick_now, pick_polled};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        module.add("RustPanic", py.get_type::<RustPanic>())?;
        module.add("PanicException", py.get_type::<PanicException>())?;
        remember_places();
        crate::runtime::set_up(py)
    }
}
// ANCHOR_END: classes
