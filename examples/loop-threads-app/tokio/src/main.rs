//! A window that shows prices. It owns the main thread, so asyncio runs on another one.

mod loop_thread;

// ANCHOR: main
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, into_future_with_locals};

use loop_thread::LoopThread;

/// An item, and its price as soon as the shop has answered.
type Event = (String, PyResult<Py<PyAny>>);

fn main() -> PyResult<()> {
    // From here on, this thread is Python's main thread, which alone handles signals.
    Python::initialize();
    let (window, events) = mpsc::channel();
    let background = Python::attach(|py| LoopThread::start(py, "asyncio"))?;
    let asked = Python::attach(|py| {
        let mut items = std::env::args().skip(1);
        items.try_for_each(|item| ask(py, &background.locals, item, window.clone()))
    });
    let shown = asked.and_then(|()| show(&events));
    Python::attach(|py| {
        background.stop(py)?;
        println!("the window is closed");
        match shown {
            Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(py) => Ok(()),
            shown => shown,
        }
    })
}

/// Asks for a price, and sends it to the window. This returns at once.
fn ask(py: Python<'_>, locals: &TaskLocals, item: String, window: Sender<Event>) -> PyResult<()> {
    let shop = PyModule::from_code(py, SHOP, c"shop.py", c"shop")?;
    let price = into_future_with_locals(locals, shop.call_method1("price", (&item,))?)?;
    get_runtime().spawn(async move {
        // If the window is closed, there is nothing left to show the price.
        let _ = window.send((item, price.await));
    });
    Ok(())
}

/// The loop of the window, on the main thread, until Ctrl-C or an error.
fn show(events: &Receiver<Event>) -> PyResult<()> {
    loop {
        // There is no event in most frames of 16 milliseconds. `main` keeps a sender until the end.
        let event = events.recv_timeout(Duration::from_millis(16)).ok();
        Python::attach(|py| {
            if let Some((item, price)) = event {
                println!("{item} costs {}", price?.bind(py));
            }
            // On Ctrl-C, this returns `KeyboardInterrupt`.
            py.check_signals()
        })?;
    }
}
// ANCHOR_END: main

const SHOP: &std::ffi::CStr = c"
import asyncio

PRICES = {'tea': 3, 'milk': 2, 'coffee': None}

async def price(item):
    try:
        while PRICES[item] is None:
            await asyncio.sleep(60)
        return PRICES[item]
    except asyncio.CancelledError:
        print('no longer waiting for', item, flush=True)
        raise
";
