//! The attribute's `current_thread` flavor also starts a driver thread.

use pyo3::prelude::*;

// ANCHOR: main
#[pyo3_async_runtimes::tokio::main(flavor = "current_thread")]
async fn main() -> PyResult<()> {
    let thread = std::thread::current();
    println!("Rust is on {}", thread.name().unwrap_or("(no name)"));
    Ok(())
}
// ANCHOR_END: main
