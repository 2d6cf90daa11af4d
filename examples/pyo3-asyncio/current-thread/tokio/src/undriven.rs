//! Fails: a `current_thread` runtime runs nothing while no thread is inside its `block_on`.

use std::time::Duration;

use pyo3::prelude::*;

// ANCHOR: main
fn main() -> PyResult<()> {
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_secs(3));
        eprintln!("Error: nothing has run for 3 seconds");
        std::process::exit(1);
    });

    pyo3::prepare_freethreaded_python();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    pyo3_asyncio::tokio::init(builder);

    Python::with_gil(|py| {
        pyo3_asyncio::tokio::run(py, async {
            println!("the Rust future runs");
            Ok(())
        })
    })
}
// ANCHOR_END: main
