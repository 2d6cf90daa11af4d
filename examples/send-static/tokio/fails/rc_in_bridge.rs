//! Does not compile: the future that Python is to await holds an `Rc` while it waits.

use std::cell::RefCell;
use std::rc::Rc;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;
use tokio::task::yield_now;

type Stove = Rc<RefCell<Vec<String>>>;

async fn cook(stove: Stove, dish: String) -> PyResult<usize> {
    stove.borrow_mut().push(dish);
    yield_now().await;
    Ok(stove.borrow().len())
}

#[pyfunction]
fn cook_sent(py: Python<'_>, dish: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, cook(Stove::default(), dish))
}

fn main() {}
