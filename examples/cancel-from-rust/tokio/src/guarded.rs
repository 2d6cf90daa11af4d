//! A future that cancels its Python coroutine when it is dropped too early.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyModule};
use pyo3_async_runtimes::tokio::{get_current_loop, into_future};
use tokio::sync::oneshot;

const SHOP: &std::ffi::CStr = pyo3::ffi::c_str!(include_str!("../shop.py"));

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| pyo3_async_runtimes::tokio::run(py, rust_side()))
}

// ANCHOR: rust_side
async fn rust_side() -> PyResult<()> {
    let opened = Python::attach(|py| {
        let module = PyModule::from_code(py, SHOP, c"shop.py", c"shop")?;
        into_future(module.call_method0("open_shop")?)
    })?;
    let shop = opened.await?;

    let bought = Python::attach(|py| guarded(shop.bind(py).call_method0("buy")?))?;
    let ordered = shop_call(&shop, "has_ordered")?;
    tokio::select! {
        bought = bought => println!("Rust: {}", bought?),
        _ = ordered => println!("Rust: changed its mind"),
    }

    println!("Python: {}", shop_call(&shop, "settle")?.await?);
    Ok(())
}
// ANCHOR_END: rust_side

fn shop_call(
    shop: &Py<PyAny>,
    method: &str,
) -> PyResult<impl Future<Output = PyResult<Py<PyAny>>> + Send + use<>> {
    Python::attach(|py| into_future(shop.bind(py).call_method0(method)?))
}

// ANCHOR: guarded
/// The result of a coroutine. Dropped before that, it cancels the coroutine.
pub struct Guarded {
    task: Py<PyAny>,
    result: oneshot::Receiver<PyResult<Py<PyAny>>>,
}

/// Runs the coroutine on the event loop of this task.
pub fn guarded(coroutine: Bound<'_, PyAny>) -> PyResult<Guarded> {
    let py = coroutine.py();
    let task = py.import("asyncio")?.call_method1(
        "run_coroutine_threadsafe",
        (coroutine, get_current_loop(py)?),
    )?;
    let (sender, result) = oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let done = PyCFunction::new_closure(py, None, None, move |arguments, _| -> PyResult<()> {
        let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        let result = result_of(&arguments.get_item(0)?);
        if let Some(sender) = sender {
            // The receiver may be gone.
            sender.send(result).ok();
        }
        Ok(())
    })?;
    task.call_method1("add_done_callback", (done,))?;
    let task = task.unbind();
    Ok(Guarded { task, result })
}

/// The result of an ended task. `result()` would raise its exception, and PyO3 would resume a
/// panic here if that is a `PanicException` of this binary.
fn result_of(task: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let exception = task.call_method0("exception")?;
    if exception.is_none() {
        return task.call_method0("result").map(Bound::unbind);
    }
    Err(PyErr::from_value(exception))
}

impl Future for Guarded {
    type Output = PyResult<Py<PyAny>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let result = Pin::new(&mut self.result).poll(context);
        result.map(|sent| sent.expect("the task, which this holds, has the callback that sends"))
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if !self.result.is_terminated() {
            // If the interpreter is gone, so is the coroutine.
            Python::try_attach(|py| self.task.call_method0(py, "cancel").map(drop));
        }
    }
}
// ANCHOR_END: guarded
