//! Calls that fail on purpose, because each needs something that its thread does not have.

mod runtime;

use std::io;
use std::net::TcpStream;
use std::rc::Rc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio as bridge;
use tokio::task::{JoinError, LocalSet, spawn_blocking};
use tokio::time::sleep;

/// Asks the shop for a price.
async fn ask(item: String) -> PyResult<u32> {
    sleep(Duration::from_millis(10)).await;
    Ok(if item == "milk" { 2 } else { 3 })
}

// ANCHOR: lines_sent
/// Counts the lines that a server sends until it closes the connection. This blocks its thread.
fn lines_sent(address: String) -> PyResult<usize> {
    let text = io::read_to_string(TcpStream::connect(address)?)?;
    Ok(text.lines().count())
}
// ANCHOR_END: lines_sent

// ANCHOR: on_loop
#[pyfunction]
fn on_loop(py: Python<'_>, address: String) -> PyResult<Bound<'_, PyAny>> {
    let lines = py.detach(|| lines_sent(address))?;
    bridge::future_into_py(py, async move { Ok(lines) })
}

#[pyfunction]
fn in_future(py: Python<'_>, address: String) -> PyResult<Bound<'_, PyAny>> {
    bridge::future_into_py(py, async { lines_sent(address) })
}
// ANCHOR_END: on_loop

// ANCHOR: on_blocking_thread
#[pyfunction]
fn on_blocking_thread(py: Python<'_>, address: String) -> PyResult<Bound<'_, PyAny>> {
    let counting = async { spawn_blocking(|| lines_sent(address)).await };
    bridge::future_into_py(py, async { counting.await.map_err(panicked)? })
}

fn panicked(error: JoinError) -> PyErr {
    RustPanic::new_err(error.to_string())
}
// ANCHOR_END: on_blocking_thread

#[pyfunction]
fn price(py: Python<'_>, item: String) -> PyResult<Bound<'_, PyAny>> {
    bridge::future_into_py(py, ask(item))
}

// ANCHOR: own_loop
#[pyfunction]
fn price_with_own_loop(py: Python<'_>, item: String) -> PyResult<u32> {
    bridge::run(py, ask(item))
}
// ANCHOR_END: own_loop

// ANCHOR: polled
#[pyfunction]
async fn price_polled(item: String) -> PyResult<u32> {
    ask(item).await
}

#[pyfunction]
fn price_ahead(item: String) {
    tokio::spawn(ask(item));
}
// ANCHOR_END: polled

/// An order that asks the shop once more when it is dropped, in a task of its own.
struct Order(String);

impl Drop for Order {
    fn drop(&mut self) {
        tokio::spawn(ask(std::mem::take(&mut self.0)));
    }
}

/// Python drops the order on the thread that releases the last reference.
#[pyclass(frozen)]
struct Basket {
    _order: Order,
}

#[pymethods]
impl Basket {
    #[new]
    fn new(item: String) -> Self {
        Self {
            _order: Order(item),
        }
    }
}

/// Enters the runtime first, so that the order finds it.
#[pyclass(frozen)]
struct EnteredBasket(Option<Order>);

#[pymethods]
impl EnteredBasket {
    #[new]
    fn new(item: String) -> Self {
        Self(Some(Order(item)))
    }
}

impl Drop for EnteredBasket {
    fn drop(&mut self) {
        let _entered = bridge::get_runtime().enter();
        drop(self.0.take());
    }
}

// ANCHOR: local
/// It is not `Send`, because it holds an `Rc` while it waits.
async fn cook(dish: Rc<str>) -> PyResult<String> {
    sleep(Duration::from_millis(10)).await;
    Ok(format!("{dish} is ready"))
}

#[pyfunction]
#[expect(deprecated, reason = "since 0.18 of the bridge")]
fn cook_local(py: Python<'_>, dish: String) -> PyResult<Bound<'_, PyAny>> {
    bridge::local_future_into_py(py, cook(dish.into()))
}
// ANCHOR_END: local

// ANCHOR: in_set
#[pyfunction]
#[expect(deprecated, reason = "since 0.18 of the bridge")]
fn cook_in_set(py: Python<'_>, dish: String) -> PyResult<Bound<'_, PyAny>> {
    let set = LocalSet::new();
    let _entered = set.enter();
    bridge::local_future_into_py(py, cook(dish.into()))
}
// ANCHOR_END: in_set

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{
        Basket, EnteredBasket, cook_in_set, cook_local, in_future, on_blocking_thread, on_loop,
        price, price_ahead, price_polled, price_with_own_loop,
    };
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
