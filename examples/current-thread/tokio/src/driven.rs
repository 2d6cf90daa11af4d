//! A `current_thread` runtime beside Python's loop: a thread of its own drives it.

use std::future::pending;
use std::thread;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;

// ANCHOR: main
fn main() -> PyResult<()> {
    Python::initialize();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    pyo3_async_runtimes::tokio::init(builder);

    // The driver: it stays inside `block_on` and runs all that is spawned.
    thread::Builder::new()
        .name("driver".to_owned())
        .spawn(|| get_runtime().block_on(pending::<()>()))?;

    Python::attach(|py| {
        pyo3_async_runtimes::tokio::run(py, async {
            let thread = thread::current();
            println!("Rust is on {}", thread.name().unwrap_or("(no name)"));
            Ok(())
        })
    })
}
// ANCHOR_END: main
