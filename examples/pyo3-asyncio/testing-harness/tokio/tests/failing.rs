//! Fails: the error of one test ends the program, and with it the other test.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

#[pyo3_asyncio::tokio::main]
async fn main() -> PyResult<()> {
    pyo3_asyncio::testing::main().await
}

#[pyo3_asyncio::tokio::test]
async fn a_test_that_fails() -> PyResult<()> {
    Err(PyValueError::new_err("this is why it failed"))
}

#[pyo3_asyncio::tokio::test]
async fn a_test_that_waits() -> PyResult<()> {
    std::future::pending().await
}
