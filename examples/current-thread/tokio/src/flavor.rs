//! The attribute's `current_thread` flavor brings a driver along.

use pyo3::prelude::*;

// ANCHOR: main
#[pyo3_async_runtimes::tokio::main(flavor = "current_thread")]
async fn main() -> PyResult<()> {
    let thread = std::thread::current();
    println!("Rust is on {}", thread.name().unwrap_or("(no name)"));
    Ok(())
}
// ANCHOR_END: main
