//! Fails: a `main` written by hand keeps Python's handler, and returns its `KeyboardInterrupt`.

use pyo3::prelude::*;

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| pyo3_async_runtimes::tokio::run(py, serve()))
}

async fn serve() -> PyResult<()> {
    println!("serving");
    std::future::pending().await
}
