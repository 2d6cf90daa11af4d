//! A `current_thread` runtime beside Python's loop, with pyo3-asyncio: a thread of its own drives it.

use std::future::pending;
use std::thread;

use pyo3::prelude::*;
use pyo3_asyncio::tokio::get_runtime;

// ANCHOR: main
fn main() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    pyo3_asyncio::tokio::init(builder);

    // The driver: it stays inside `block_on` and runs all that is spawned.
    thread::Builder::new()
        .name("driver".to_owned())
        .spawn(|| get_runtime().block_on(pending::<()>()))?;

    Python::with_gil(|py| {
        pyo3_asyncio::tokio::run(py, async {
            let thread = thread::current();
            println!("Rust is on {}", thread.name().unwrap_or("(no name)"));
            Ok(())
        })
    })
}
// ANCHOR_END: main
