//! A Rust program that awaits Python until SIGTERM, and then lets Python clean up.

use std::ffi::CStr;

use pyo3::exceptions::asyncio::CancelledError;
use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_async_runtimes::tokio::{get_current_loop, into_future};
use tokio::signal::unix::{SignalKind, signal};

// ANCHOR: main
const SHOP: &CStr = c"
import asyncio

async def open_shop():
    return asyncio.create_task(sell())

async def sell():
    print('serving', flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(1)
        print('the shop is closed', flush=True)
";

#[pyo3_async_runtimes::tokio::main]
async fn main() -> PyResult<()> {
    let mut sigterm = signal(SignalKind::terminate())?;
    let opened = Python::attach(|py| {
        let shop = PyModule::from_code(py, SHOP, c"shop.py", c"shop")?;
        into_future(shop.call_method0("open_shop")?)
    })?;
    let task = opened.await?;

    let sold = Python::attach(|py| into_future(task.bind(py).clone()))?;
    tokio::pin!(sold);
    tokio::select! {
        sold = &mut sold => return sold.map(drop),
        _ = sigterm.recv() => cancel(&task)?,
    }
    match sold.await {
        Err(error) if Python::attach(|py| error.is_instance_of::<CancelledError>(py)) => Ok(()),
        sold => sold.map(drop),
    }
}

/// Has the event loop cancel a task of its own, because `cancel` isn't thread-safe.
fn cancel(task: &Py<PyAny>) -> PyResult<()> {
    Python::attach(|py| {
        let cancel = task.getattr(py, "cancel")?;
        get_current_loop(py)?.call_method1("call_soon_threadsafe", (cancel,))?;
        Ok(())
    })
}
// ANCHOR_END: main
