//! Prices for programs that start worker processes. A short sleep stands for the market's server.

mod runtime;

use std::collections::HashMap;

use pyo3::exceptions::{PyConnectionError, PyKeyError};
use pyo3::prelude::*;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::{sync::watch, time};

type Prices = HashMap<&'static str, u32>;

async fn fetch() -> Prices {
    time::sleep(time::Duration::from_millis(10)).await;
    HashMap::from([("tea", 3), ("coffee", 4), ("cake", 5)])
}

fn price_of(prices: &Prices, item: String) -> PyResult<u32> {
    let price = prices.get(item.as_str());
    price.copied().ok_or_else(|| PyKeyError::new_err(item))
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
        price_of(&py.detach(|| get_runtime().block_on(fetch())), item)
    }
}

/// Knows all prices, because a task fetches them once a minute until the list is dropped.
#[pyclass(frozen)]
struct PriceList(watch::Receiver<Prices>);

#[pymethods]
impl PriceList {
    #[new]
    fn new() -> Self {
        let (sender, prices) = watch::channel(Prices::new());
        get_runtime().spawn(async move {
            sender.send_replace(fetch().await);
            let minute = time::Duration::from_secs(60);
            while time::timeout(minute, sender.closed()).await.is_err() {
                sender.send_replace(fetch().await);
            }
        });
        Self(prices)
    }
    // ANCHOR_END: shop

    fn price<'py>(&self, py: Python<'py>, item: String) -> PyResult<Bound<'py, PyAny>> {
        let mut prices = self.0.clone();
        future_into_py(py, async move {
            match prices.wait_for(|prices| !prices.is_empty()).await {
                Ok(prices) => price_of(&prices, item),
                Err(error) => Err(PyConnectionError::new_err(error.to_string())),
            }
        })
    }
}

/// What each of several people pays. It panics for 0 people.
#[pyfunction]
fn share(price: u32, people: u32) -> u32 {
    price / people
}

#[pyfunction]
fn share_later(py: Python<'_>, price: u32, people: u32) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(share(price, people)) })
}

#[pymodule]
mod _native {
    use super::*;
    #[pymodule_export]
    use super::{PriceList, Shop, share, share_later};

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
