//! A timeout in Rust ends the wait for a coroutine, which keeps running.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_async_runtimes::tokio::into_future;

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

    let bought = Python::attach(|py| into_future(shop.bind(py).call_method0("buy")?))?;
    match tokio::time::timeout(Duration::from_millis(100), bought).await {
        Ok(bought) => println!("Rust: {}", bought?),
        Err(elapsed) => println!("Rust: {elapsed}"),
    }

    let steps = Python::attach(|py| into_future(shop.bind(py).call_method0("settle")?))?;
    println!("Python: {}", steps.await?);
    Ok(())
}
// ANCHOR_END: rust_side
