//! The `current_thread` flavor of pyo3-asyncio's attribute brings a driver along.

use pyo3::prelude::*;

// ANCHOR: main
#[pyo3_asyncio::tokio::main(flavor = "current_thread")]
async fn main() -> PyResult<()> {
    let thread = std::thread::current();
    println!("Rust is on {}", thread.name().unwrap_or("(no name)"));
    Ok(())
}
// ANCHOR_END: main
