//! Prices for programs that start worker processes. A short sleep stands for the market's server.

mod runtime;

use std::collections::HashMap;
use std::time::Duration;

use pyo3::exceptions::{PyConnectionError, PyKeyError};
use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::sync::watch;
use tokio::time;

type Prices = HashMap<&'static str, u32>;

async fn fetch() -> Prices {
    time::sleep(Duration::from_millis(10)).await;
    HashMap::from([("tea", 3), ("coffee", 4), ("cake", 5)])
}

fn price_of(prices: &Prices, item: String) -> PyResult<u32> {
    let price = prices.get(item.as_str()).copied();
    price.ok_or_else(|| PyKeyError::new_err(item))
}

// ANCHOR: shop
/// Asks for each price. Building a shop starts nothing.
#[pyclass(frozen)]
struct Shop;

#[pymethods]
impl Shop {
    #[new]
    fn new() -> Self {
        Self
    }

    fn price<'py>(&self, py: Python<'py>, item: String) -> PyResult<Bound<'py, PyAny>> {
        future_into_py(py, async move { price_of(&fetch().await, item) })
    }

    fn price_sync(&self, py: Python<'_>, item: String) -> PyResult<u32> {
        let prices = py.detach(|| get_runtime().block_on(fetch()));
        price_of(&prices, item)
    }
}

/// Knows all prices, because a task fetches them once a minute from the start.
#[pyclass(frozen)]
struct PriceList {
    prices: watch::Receiver<Prices>,
}

#[pymethods]
impl PriceList {
    #[new]
    fn new() -> Self {
        let (sender, prices) = watch::channel(Prices::new());
        get_runtime().spawn(keep_fetching(sender));
        Self { prices }
    }
    // ANCHOR_END: shop

    fn price<'py>(&self, py: Python<'py>, item: String) -> PyResult<Bound<'py, PyAny>> {
        let mut prices = self.prices.clone();
        future_into_py(py, async move {
            match prices.wait_for(|prices| !prices.is_empty()).await {
                Ok(prices) => price_of(&prices, item),
                Err(_) => Err(PyConnectionError::new_err("the market is closed")),
            }
        })
    }
}

async fn keep_fetching(prices: watch::Sender<Prices>) {
    let mut minutes = time::interval(Duration::from_secs(60));
    while !prices.is_closed() {
        minutes.tick().await;
        prices.send_replace(fetch().await);
    }
}

// ANCHOR: share
/// What each of several people pays. It panics for nobody.
#[pyfunction]
fn share(price: u32, people: u32) -> u32 {
    price / people
}

/// The same on tokio.
#[pyfunction]
fn share_later(py: Python<'_>, price: u32, people: u32) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(share(price, people)) })
}
// ANCHOR_END: share

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{PriceList, Shop, share, share_later};
    use super::*;

    // ANCHOR: init
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let class = module.py().get_type::<RustPanic>();
        // Where pickle looks for the class in another process.
        class.setattr("__module__", module.name()?)?;
        module.add("RustPanic", class)?;
        crate::runtime::set_up(module.py())
    }
    // ANCHOR_END: init
}
