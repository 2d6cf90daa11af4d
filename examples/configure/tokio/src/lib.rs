//! The prices of a kiosk on one configured runtime, beside calls and classes that start their own.

mod runtime;

use std::thread;

use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The price of an item in cents.
async fn look_up(item: String) -> PyResult<u32> {
    tokio::task::yield_now().await;
    match item.as_str() {
        "tea" => Ok(300),
        "milk" => Ok(200),
        _ => Err(PyKeyError::new_err(item)),
    }
}

/// Awaits the price of an item on the one runtime of the module.
#[pyfunction]
fn price(py: Python<'_>, item: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, look_up(item))
}

// ANCHOR: per_call
/// Blocks until the one runtime of the module has looked up the price.
#[pyfunction]
fn price_on_the_one(py: Python<'_>, item: String) -> PyResult<u32> {
    py.detach(|| get_runtime().block_on(look_up(item)))
}

/// Blocks as well, but starts a runtime for the call, and ends it after the call.
#[pyfunction]
fn price_on_a_new_one(py: Python<'_>, item: String) -> PyResult<u32> {
    py.detach(|| Runtime::new()?.block_on(look_up(item)))
}
// ANCHOR_END: per_call

/// How many threads Rust has numbered in this library: those that it starts, and each that asks.
#[pyfunction]
fn threads_numbered(py: Python<'_>) -> PyResult<u64> {
    let asking = thread::spawn(|| format!("{:?}", thread::current().id()));
    let id = py.detach(|| asking.join());
    id.ok()
        .and_then(|id| {
            id.trim_start_matches("ThreadId(")
                .trim_end_matches(')')
                .parse()
                .ok()
        })
        .ok_or_else(|| PyRuntimeError::new_err("this Rust does not number its threads"))
}

/// The number of workers of the runtime in use.
#[pyfunction]
fn workers() -> usize {
    get_runtime().metrics().num_workers()
}

/// Sends orders to `report`, in the classes below.
struct Orders(UnboundedSender<String>);

impl Orders {
    fn place(&self, order: String) -> PyResult<()> {
        let sent = self.0.send(order);
        sent.map_err(|_| PyRuntimeError::new_err("the feed has ended"))
    }
}

// ANCHOR: own_feed
/// Calls `on_order` for each order, until the other end of `placed` is dropped.
async fn report(mut placed: UnboundedReceiver<String>, on_order: Py<PyAny>) {
    while let Some(order) = placed.recv().await {
        Python::attach(|py| {
            if let Err(error) = on_order.call1(py, (order,)) {
                error.write_unraisable(py, Some(on_order.bind(py)));
            }
        });
    }
}

/// Reports orders on a runtime of its own.
#[pyclass(frozen)]
struct OwnFeed {
    orders: Orders,
    _runtime: Runtime,
}

#[pymethods]
impl OwnFeed {
    /// `on_order(order)` runs on a worker of the runtime, so it must not block.
    #[new]
    fn new(on_order: Py<PyAny>) -> PyResult<Self> {
        let (orders, placed) = unbounded_channel();
        let runtime = Runtime::new()?;
        runtime.spawn(report(placed, on_order));
        Ok(Self {
            orders: Orders(orders),
            _runtime: runtime,
        })
    }

    /// Hands an order to the feed, and does not wait.
    fn place(&self, order: String) -> PyResult<()> {
        self.orders.place(order)
    }
}
// ANCHOR_END: own_feed

// ANCHOR: feed
/// Reports orders on the one runtime of the module.
#[pyclass(frozen)]
struct Feed(Orders);

#[pymethods]
impl Feed {
    /// `on_order(order)` runs on a worker of the runtime, so it must not block.
    #[new]
    fn new(on_order: Py<PyAny>) -> Self {
        let (orders, placed) = unbounded_channel();
        get_runtime().spawn(report(placed, on_order));
        Self(Orders(orders))
    }

    /// Hands an order to the feed, and does not wait.
    fn place(&self, order: String) -> PyResult<()> {
        self.0.place(order)
    }
}
// ANCHOR_END: feed

/// Has a runtime of its own too, and when dropped waits, detached, for the running callback.
#[pyclass(frozen)]
struct DetachedFeed {
    orders: Orders,
    runtime: Option<Runtime>,
}

#[pymethods]
impl DetachedFeed {
    /// `on_order(order)` runs on a worker of the runtime, so it must not block.
    #[new]
    fn new(on_order: Py<PyAny>) -> PyResult<Self> {
        let (orders, placed) = unbounded_channel();
        let runtime = Runtime::new()?;
        runtime.spawn(report(placed, on_order));
        Ok(Self {
            orders: Orders(orders),
            runtime: Some(runtime),
        })
    }

    /// Hands an order to the feed, and does not wait.
    fn place(&self, order: String) -> PyResult<()> {
        self.orders.place(order)
    }
}

// ANCHOR: detached
impl Drop for DetachedFeed {
    fn drop(&mut self) {
        let runtime = self.runtime.take();
        // A callback that runs needs the GIL to return.
        Python::attach(|py| py.detach(|| drop(runtime)));
    }
}
// ANCHOR_END: detached

/// Has a runtime of its own too, and waits for nothing when dropped.
#[pyclass(frozen)]
struct BackgroundFeed {
    orders: Orders,
    runtime: Option<Runtime>,
}

#[pymethods]
impl BackgroundFeed {
    /// `on_order(order)` runs on a worker of the runtime, so it must not block.
    #[new]
    fn new(on_order: Py<PyAny>) -> PyResult<Self> {
        let (orders, placed) = unbounded_channel();
        let runtime = Runtime::new()?;
        runtime.spawn(report(placed, on_order));
        Ok(Self {
            orders: Orders(orders),
            runtime: Some(runtime),
        })
    }

    /// Hands an order to the feed, and does not wait.
    fn place(&self, order: String) -> PyResult<()> {
        self.orders.place(order)
    }
}

impl Drop for BackgroundFeed {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{
        BackgroundFeed, DetachedFeed, Feed, OwnFeed, price, price_on_a_new_one, price_on_the_one,
        threads_numbered, workers,
    };
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
